import { clsx } from 'clsx'
import type { ReactNode } from 'react'
import { useTitle } from '../lib/hooks'

type Props = {
  title: string
  heading?: ReactNode
  aside?: ReactNode
  help?: string
  wide?: boolean
  children: ReactNode
}

/** One page inside the shell: its heading, what can be done, its content. */
export function Page({ title, heading, aside, help, wide, children }: Props) {
  useTitle(title)
  return (
    <div className={clsx('mx-auto grid w-full content-start gap-4', wide ? 'max-w-6xl' : 'max-w-4xl')}>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div>
          <h1 className="text-22">{heading ?? title}</h1>
          {help && <p className="text-muted">{help}</p>}
        </div>
        {aside}
      </div>
      {children}
    </div>
  )
}
