import { X } from 'lucide-react'
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import { t } from '../text/messages.en'

type Props = { title: string; onClose: () => void; children: ReactNode; actions?: ReactNode }

/** A modal dialog, open for as long as it is rendered. The browser keeps the focus inside and gives it back. */
export function Dialog({ title, onClose, children, actions }: Props) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  // A layout effect is undone while the dialog is still in the page, so that closing it can give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={event => {
        event.preventDefault()
        onClose()
      }}
      className="mt-auto mb-0 w-full max-w-full rounded-t-card border border-line bg-surface p-5 pb-[max(1.25rem,env(safe-area-inset-bottom))] text-ink shadow-xl md:m-auto md:max-w-md md:rounded-card"
    >
      <div className="grid gap-4">
        <div className="flex items-start justify-between gap-2">
          <h2 id={id} className="text-18">
            {title}
          </h2>
          <button
            type="button"
            aria-label={t.close}
            onClick={onClose}
            className="-m-2.5 grid size-11 flex-none place-items-center rounded-control text-muted hover:bg-sunken"
          >
            <X aria-hidden size={20} />
          </button>
        </div>
        {children}
        {actions && (
          <div className="flex flex-wrap justify-end gap-2 max-md:grid max-md:justify-stretch">{actions}</div>
        )}
      </div>
    </dialog>
  )
}
