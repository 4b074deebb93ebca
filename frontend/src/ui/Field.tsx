import { clsx } from 'clsx'
import { type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes, useId } from 'react'

type Frame = { label: string; help?: string; error?: string; aside?: ReactNode }

/** A labelled input with its help and its error tied to it. */
export function TextField({
  label,
  help,
  error,
  aside,
  className,
  ...rest
}: Frame & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <Framed id={id} label={label} help={help} error={error} aside={aside}>
      <input {...rest} {...described(id, help, error)} className={clsx('field', className)} />
    </Framed>
  )
}

/** Like TextField, for text of several lines; it grows with what is written. */
export function TextArea({
  label,
  help,
  error,
  aside,
  className,
  ...rest
}: Frame & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId()
  return (
    <Framed id={id} label={label} help={help} error={error} aside={aside}>
      <textarea
        rows={4}
        {...rest}
        {...described(id, help, error)}
        className={clsx('field field-sizing-content max-h-96 min-h-24', className)}
      />
    </Framed>
  )
}

export function SelectField({ label, help, error, children, ...rest }: Frame & InputHTMLAttributes<HTMLSelectElement>) {
  const id = useId()
  return (
    <Framed id={id} label={label} help={help} error={error}>
      <select {...rest} {...described(id, help, error)} className="field">
        {children}
      </select>
    </Framed>
  )
}

function described(id: string, help?: string, error?: string) {
  const ids = [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(' ')
  return { id, 'aria-invalid': error ? true : undefined, 'aria-describedby': ids || undefined }
}

function Framed({ id, label, help, error, aside, children }: Frame & { id: string; children: ReactNode }) {
  return (
    <div className="grid gap-1">
      <div className="flex items-end justify-between gap-2">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {aside}
      </div>
      {children}
      {error && (
        <p id={`${id}-error`} className="text-14 text-danger">
          {error}
        </p>
      )}
      {help && (
        <p id={`${id}-help`} className="text-14 text-muted">
          {help}
        </p>
      )}
    </div>
  )
}

/** One choice of a group of radio buttons, as a card. */
export function RadioCard({
  label,
  help,
  ...rest
}: { label: string; help?: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <label className="flex min-h-11 items-start gap-3 rounded-control border border-line bg-surface p-3 hover:border-control has-checked:border-accent has-checked:bg-sunken">
      <input type="radio" {...rest} className="mt-0.5" />
      <span className="grid">
        <span className="font-medium">{label}</span>
        {help && <span className="text-14 text-muted">{help}</span>}
      </span>
    </label>
  )
}

/** On or off, at once. */
export function Switch({
  label,
  on,
  onChange,
  disabled,
}: {
  label: string
  on: boolean
  onChange: (on: boolean) => void
  disabled?: boolean
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      disabled={disabled}
      onClick={() => onChange(!on)}
      className="inline-flex min-h-11 items-center gap-3 text-left font-medium"
    >
      <span
        aria-hidden
        className={clsx(
          'flex h-6 w-10 shrink-0 items-center rounded-full border p-0.5',
          on ? 'justify-end border-accent bg-accent' : 'justify-start border-control bg-sunken',
        )}
      >
        <span className={clsx('size-4.5 rounded-full', on ? 'bg-on-accent' : 'bg-muted')} />
      </span>
      {label}
    </button>
  )
}
