import { useRef } from 'react'
import { countdown } from '../lib/time'
import { t } from '../text/messages.en'

/** How long a code still lives. Full when the code first appeared here. */
export function CountdownRing({ expiresAt, now }: { expiresAt: string; now: number }) {
  const left = Math.max(0, Date.parse(expiresAt) - now)
  const whole = useRef({ expiresAt, left })
  if (whole.current.expiresAt !== expiresAt) whole.current = { expiresAt, left }
  const share = whole.current.left > 0 ? Math.min(1, left / whole.current.left) : 0
  const around = 2 * Math.PI * 9
  return (
    <span role="timer" className="inline-flex items-center gap-2 text-14 text-muted">
      <svg aria-hidden="true" viewBox="0 0 24 24" className="size-6 -rotate-90">
        <circle cx="12" cy="12" r="9" fill="none" strokeWidth="3" className="stroke-line" />
        <circle
          cx="12"
          cy="12"
          r="9"
          fill="none"
          strokeWidth="3"
          strokeLinecap="round"
          strokeDasharray={around}
          strokeDashoffset={around * (1 - share)}
          className={left < 6_000 ? 'stroke-warn' : 'stroke-accent'}
        />
      </svg>
      {t.connection.timeLeft(countdown(left))}
    </span>
  )
}
