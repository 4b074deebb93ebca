import { clsx } from 'clsx'
import { type ReactNode, useId } from 'react'

type Props = { title?: ReactNode; aside?: ReactNode; className?: string; flush?: boolean; children: ReactNode }

/** A titled part of a page; `flush` leaves the padding to its rows. */
export function Card({ title, aside, className, flush, children }: Props) {
  const id = useId()
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={clsx('rounded-card border border-line bg-surface', className)}
    >
      {title && (
        <div className="flex min-h-11 flex-wrap items-center justify-between gap-x-3 px-4 pt-3">
          <h2 id={id} className="text-16">
            {title}
          </h2>
          {aside}
        </div>
      )}
      <div className={flush ? undefined : 'p-4'}>{children}</div>
    </section>
  )
}
