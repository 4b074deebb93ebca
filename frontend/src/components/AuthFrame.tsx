import type { ReactNode } from 'react'
import { t } from '../text/messages.en'
import { Logo } from '../ui/Logo'

/** The room in front of the door: a form, and on wide screens the board it leads to. */
export function AuthFrame({ title, help, children }: { title: string; help?: string; children: ReactNode }) {
  return (
    <div className="grid min-h-dvh lg:grid-cols-[1fr_1fr]">
      <main className="mx-auto grid w-full max-w-md content-start gap-6 p-5 pt-8 lg:content-center">
        <div className="text-accent">
          <span className="text-ink">
            <Logo />
          </span>
        </div>
        <div className="grid gap-1">
          <h1 className="text-28 tracking-tight">{title}</h1>
          {help && <p className="text-muted">{help}</p>}
        </div>
        {children}
      </main>
      <aside className="hidden content-center justify-items-center gap-10 bg-[#0c3b2d] p-12 text-white lg:grid">
        <Board />
        <div className="grid max-w-md gap-3">
          <p className="text-28 leading-tight font-strong tracking-tight text-balance">{t.auth.claim}</p>
          <p className="text-white/75">{t.auth.claimHelp}</p>
        </div>
      </aside>
    </div>
  )
}

const LIT = new Set(['0-1', '2-4', '3-2', '1-5'])
const CORDS = ['M84 36C84 170 276 20 276 156', 'M36 156C36 250 180 110 180 60', 'M324 60C324 150 228 90 228 204']

/** A switchboard of old: jacks in rows, a few cords, a few lamps lit. */
function Board() {
  return (
    <svg aria-hidden="true" viewBox="0 0 360 240" className="w-full max-w-md">
      {Array.from({ length: 4 }, (_, row) =>
        Array.from({ length: 7 }, (_, column) => {
          const lit = LIT.has(`${row}-${column}`)
          return (
            <g key={`${row}-${column}`} transform={`translate(${36 + column * 48} ${36 + row * 56})`}>
              <circle r="13" fill="#ffffff" fillOpacity=".05" stroke="#ffffff" strokeOpacity=".22" />
              {lit && <circle r="13" fill="#ffd66b" fillOpacity=".18" />}
              <circle r={lit ? 6 : 4} fill={lit ? '#ffd66b' : '#06231a'} />
            </g>
          )
        }),
      )}
      {CORDS.map((d, index) => (
        <path
          key={d}
          d={d}
          fill="none"
          stroke={['#4cc79a', '#c7a6f5', '#ffffff'][index]}
          strokeOpacity=".8"
          strokeWidth="5"
          strokeLinecap="round"
        />
      ))}
    </svg>
  )
}
