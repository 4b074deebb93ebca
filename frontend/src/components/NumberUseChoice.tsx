import type { NumberUse } from '../api/types'
import { t } from '../text/messages.en'
import { Problem } from '../ui/Feedback'
import { RadioCard } from '../ui/Field'
import { useChangeSettings } from './settings'
import { useWorkspace } from './workspace'

/** Is it a shop's number, or also a private one? The answer is saved at once. */
export function NumberUseChoice({ title }: { title: string }) {
  const { numberUse } = useWorkspace().onboarding
  const change = useChangeSettings()
  const shown = change.isPending ? change.variables.numberUse : numberUse
  const choice = (value: NumberUse, label: string, help: string) => (
    <RadioCard
      name="number-use"
      label={label}
      help={help}
      checked={shown === value}
      onChange={() => change.mutate({ numberUse: value })}
    />
  )
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-2 font-strong">{title}</legend>
      <div className="grid gap-2 md:grid-cols-2">
        {choice('business', t.welcome.useBusiness, t.welcome.useBusinessHelp)}
        {choice('mixed', t.welcome.useMixed, t.welcome.useMixedHelp)}
      </div>
      <Problem error={change.error} />
    </fieldset>
  )
}
