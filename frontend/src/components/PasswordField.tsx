import { type InputHTMLAttributes, useState } from 'react'
import { t } from '../text/messages.en'
import { TextField } from '../ui/Field'

type Props = { help?: string; error?: string } & InputHTMLAttributes<HTMLInputElement>

/** A password that can be looked at: better than typing it twice on a phone. */
export function PasswordField(props: Props) {
  const [shown, setShown] = useState(false)
  return (
    <TextField
      {...props}
      label={t.auth.password}
      type={shown ? 'text' : 'password'}
      aside={
        <button
          type="button"
          aria-label={t.auth.showLabel}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
          className="-my-2 min-h-11 px-1 text-14 font-medium text-muted hover:text-ink"
        >
          {shown ? t.auth.hide : t.auth.show}
        </button>
      }
    />
  )
}
