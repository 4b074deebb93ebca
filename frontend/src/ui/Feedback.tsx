import { clsx } from 'clsx'
import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { ApiProblem } from '../api/problem'
import { usePassed } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Button } from './Button'

/** What went wrong, what to do, and what to quote to support. */
export function Problem({ error, onRetry, className }: { error: unknown; onRetry?: () => void; className?: string }) {
  if (!error) return null
  const problem = error instanceof ApiProblem ? error : new ApiProblem(500)
  return (
    <div
      role="alert"
      className={clsx('flex flex-wrap items-center gap-3 rounded-control bg-danger-bg p-3 text-danger', className)}
    >
      <TriangleAlert aria-hidden size={20} className="flex-none" />
      <p className="min-w-40 flex-1">
        {problem.message} {problem.requestId && <span className="text-14">{t.problem.code(problem.requestId)}</span>}
      </p>
      {onRetry && <Button onClick={onRetry}>{t.retry}</Button>}
    </div>
  )
}

/** A list with nothing in it says why, and what comes next. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-2 px-4 py-8 text-center text-muted">
      <svg aria-hidden="true" viewBox="0 0 96 40" className="h-10 text-control">
        <g fill="none" stroke="currentColor" strokeWidth="2">
          {[16, 48, 80].map(x => (
            <circle key={x} cx={x} cy="12" r="6" />
          ))}
          <path d="M16 12c0 30 64 30 64 0" strokeDasharray="3 5" opacity=".6" />
        </g>
      </svg>
      <p className="font-medium text-ink">{title}</p>
      {children}
    </div>
  )
}

/** Grey lines while something loads, but only when it takes long enough to be noticed. */
export function Skeleton({ rows = 3, className }: { rows?: number; className?: string }) {
  const shown = usePassed(300)
  return (
    <div className={clsx('grid gap-3 p-4', className)}>
      <span className="sr-only" role="status">
        {t.loading}
      </span>
      {shown &&
        Array.from({ length: rows }, (_, row) => (
          <div
            key={row}
            aria-hidden
            className="pulse h-5 rounded-control bg-line"
            style={{ width: `${92 - ((row * 23) % 40)}%` }}
          />
        ))}
    </div>
  )
}
