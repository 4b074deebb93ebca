import { useState } from 'react'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { RadioCard } from '../ui/Field'

type DisconnectProps = { phone: string; onClose: () => void; onConfirm: (unlink: boolean) => void }

/** Asks before customers stop getting answers, and whether the phone should forget us. */
export function DisconnectDialog({ phone, onClose, onConfirm }: DisconnectProps) {
  const [unlink, setUnlink] = useState(false)
  const c = t.connection
  return (
    <Dialog
      title={c.dialogTitle(phone)}
      onClose={onClose}
      actions={
        <>
          <Button kind="plain" onClick={onClose}>
            {c.keepAnswering}
          </Button>
          <Button kind="danger" onClick={() => onConfirm(unlink)}>
            {c.disconnect}
          </Button>
        </>
      }
    >
      <p>{c.dialogText}</p>
      <fieldset className="grid gap-2">
        <legend className="sr-only">{c.disconnect}</legend>
        <RadioCard
          name="unlink"
          label={c.keepLink}
          help={c.keepLinkHelp}
          checked={!unlink}
          onChange={() => setUnlink(false)}
        />
        <RadioCard
          name="unlink"
          label={c.unlink}
          help={c.unlinkHelp}
          checked={unlink}
          onChange={() => setUnlink(true)}
        />
      </fieldset>
    </Dialog>
  )
}

/** Asks for how long the bot shall be quiet; without minutes, until somebody resumes. */
export function PauseDialog({ onClose, onConfirm }: { onClose: () => void; onConfirm: (minutes?: number) => void }) {
  const [minutes, setMinutes] = useState(60)
  const c = t.connection
  return (
    <Dialog
      title={c.pauseTitle}
      onClose={onClose}
      actions={
        <>
          <Button kind="plain" onClick={onClose}>
            {t.cancel}
          </Button>
          <Button kind="primary" onClick={() => onConfirm(minutes || undefined)}>
            {c.pause}
          </Button>
        </>
      }
    >
      <p>{c.pauseText}</p>
      <fieldset className="grid gap-2">
        <legend className="sr-only">{c.pauseTitle}</legend>
        {c.pauseFor.map(choice => (
          <RadioCard
            key={choice.minutes}
            name="minutes"
            label={choice.label}
            checked={minutes === choice.minutes}
            onChange={() => setMinutes(choice.minutes)}
          />
        ))}
      </fieldset>
    </Dialog>
  )
}
