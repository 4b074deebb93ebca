import { clsx } from 'clsx'
import type { ButtonHTMLAttributes } from 'react'

export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger'

const KIND: Record<ButtonKind, string> = {
  primary: 'bg-accent text-on-accent hover:opacity-90',
  plain: 'border border-control bg-surface hover:bg-sunken',
  quiet: 'text-muted hover:bg-sunken hover:text-ink',
  danger: 'border border-danger text-danger hover:bg-danger-bg',
}

/** buttonClass is for links that look like buttons. */
export function buttonClass(kind: ButtonKind = 'plain', extra?: string): string {
  return clsx(
    'inline-flex min-h-11 items-center justify-center gap-2 rounded-control px-4 py-2 text-center text-16 font-medium',
    KIND[kind],
    extra,
  )
}

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { kind?: ButtonKind; busy?: boolean }

/** A busy button keeps its width and its words, and takes no second tap. */
export function Button({ kind, busy, disabled, className, children, type = 'button', ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={buttonClass(kind, clsx(className, (disabled || busy) && 'opacity-60'))}
    >
      {children}
    </button>
  )
}
