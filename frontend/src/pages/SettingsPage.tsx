import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { client, read } from '../api/client'
import { announceSignedOut } from '../api/session'
import { ConversationSettings } from '../components/ConversationSettings'
import { MyAlerts } from '../components/MyAlerts'
import { NumberUseChoice } from '../components/NumberUseChoice'
import { PlanNote } from '../components/PlanNote'
import { PushChoice } from '../components/PushChoice'
import { useChangeSettings } from '../components/settings'
import { canLead, useMe } from '../components/workspace'
import { leavePush } from '../lib/push'
import { setTheme, type Theme, useTheme } from '../lib/theme'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Problem } from '../ui/Feedback'
import { RadioCard, SelectField, TextField } from '../ui/Field'
import { Page } from '../ui/Page'

export function SettingsPage() {
  const { workspace, user } = useMe()
  return (
    <Page title={pages.settings.title}>
      <Card title={pages.settings.business}>
        <div className="grid gap-6">
          <BusinessForm key={workspace.id} name={workspace.name} timezone={workspace.timezone} />
          <NumberUseChoice title={pages.settings.use} />
        </div>
      </Card>
      {canLead(user.role) && <ConversationSettings />}
      {user.role !== 'auditor' && (
        <>
          <Card title={pages.myAlerts.title}>
            <MyAlerts />
          </Card>
          <Card title={pages.push.title}>
            <PushChoice />
          </Card>
        </>
      )}
      <Card title={pages.settings.appearance}>
        <ThemeChoice />
      </Card>
      <Card title={pages.settings.account}>
        <div className="grid gap-3">
          <PlanNote plan={workspace.plan} zone={workspace.timezone} />
          <p className="text-muted">{pages.settings.signedInAs(user.email)}</p>
          <SignOut />
        </div>
      </Card>
    </Page>
  )
}

function BusinessForm({ name, timezone }: { name: string; timezone: string }) {
  const [values, setValues] = useState({ name, timezone })
  const change = useChangeSettings()
  const changed = values.name.trim() !== name || values.timezone !== timezone
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (values.name.trim() && changed) change.mutate({ name: values.name.trim(), timezone: values.timezone })
  }
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <div className="grid gap-4 md:grid-cols-2">
        <TextField
          label={pages.settings.name}
          help={pages.settings.nameHelp}
          error={values.name.trim() ? undefined : t.auth.needName}
          maxLength={80}
          value={values.name}
          onChange={event => setValues({ ...values, name: event.target.value })}
        />
        <SelectField
          label={pages.settings.zone}
          help={pages.settings.zoneHelp}
          value={values.timezone}
          onChange={event => setValues({ ...values, timezone: event.target.value })}
        >
          {zones(timezone).map(zone => (
            <option key={zone}>{zone}</option>
          ))}
        </SelectField>
      </div>
      <Problem error={change.error} />
      <div className="flex items-center gap-3">
        <Button kind="primary" type="submit" busy={change.isPending} disabled={!changed}>
          {pages.settings.save}
        </Button>
        <span role="status" className="text-muted">
          {change.isSuccess && !changed && pages.settings.saved}
        </span>
      </div>
    </form>
  )
}

/** The browser's list of zones; some browsers leave out the one that is set. */
function zones(current: string): string[] {
  const known = Intl.supportedValuesOf('timeZone')
  return known.includes(current) ? known : [current, ...known]
}

function ThemeChoice() {
  const theme = useTheme()
  const themes: Theme[] = ['system', 'light', 'dark']
  return (
    <fieldset className="grid gap-2 md:grid-cols-3">
      <legend className="sr-only">{pages.settings.appearance}</legend>
      {themes.map(one => (
        <RadioCard
          key={one}
          name="theme"
          label={pages.settings.themes[one]}
          checked={theme === one}
          onChange={() => setTheme(one)}
        />
      ))}
    </fieldset>
  )
}

function SignOut() {
  const signOut = useMutation({
    mutationFn: async () => {
      await leavePush()
      return read(client.POST('/api/auth/logout'))
    },
    // A full load, so that nothing of this workspace stays in memory.
    onSuccess: () => window.location.assign('/sign-in'),
    onError: error => {
      if ('status' in error && error.status === 401) announceSignedOut()
    },
  })
  return (
    <div className="grid gap-3">
      <Problem error={signOut.error} />
      <div>
        <Button kind="plain" busy={signOut.isPending} onClick={() => signOut.mutate()}>
          {pages.settings.signOut}
        </Button>
      </div>
    </div>
  )
}
