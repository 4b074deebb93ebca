import type { ReactNode } from 'react'
import { t } from '../../text/messages.en'
import { Button } from '../../ui/Button'

export function StepTitle({ title, help }: { title: string; help: string }) {
  return (
    <div>
      <h1 className="text-28 tracking-tight">{title}</h1>
      <p className="text-muted">{help}</p>
    </div>
  )
}

/** The way back on the left, the way on on the right. */
export function StepFooter({ onBack, children }: { onBack?: () => void; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-end gap-2">
      {onBack && (
        <Button kind="quiet" onClick={onBack} className="mr-auto">
          {t.back}
        </Button>
      )}
      {children}
    </div>
  )
}
