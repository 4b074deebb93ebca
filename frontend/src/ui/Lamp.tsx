import { clsx } from 'clsx'

export type Tone = 'good' | 'info' | 'warn' | 'danger' | 'neutral'

const LIT: Record<Tone, string> = {
  good: 'bg-lamp shadow-[0_0_0_4px_color-mix(in_oklab,var(--lamp)_22%,transparent)]',
  info: 'border-2 border-accent pulse bg-[linear-gradient(90deg,var(--accent)_50%,transparent_50%)]',
  warn: 'border-2 border-warn pulse bg-[linear-gradient(90deg,var(--warn)_50%,transparent_50%)]',
  danger: 'bg-danger',
  neutral: 'border-2 border-control',
}

/** The line's lamp. Words always stand beside it, so it says nothing to screen readers. */
export function Lamp({ tone, small }: { tone: Tone; small?: boolean }) {
  return (
    <span
      aria-hidden
      className={clsx('inline-block flex-none rounded-full', small ? 'size-2.5' : 'size-3.5', LIT[tone])}
    />
  )
}

export const TEXT: Record<Tone, string> = {
  good: 'text-accent',
  info: 'text-ink',
  warn: 'text-warn',
  danger: 'text-danger',
  neutral: 'text-muted',
}
