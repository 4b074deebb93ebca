import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { client, read } from '../api/client'
import { adminWorkspacesQuery } from '../api/queries'
import type { AdminCommand, AdminWorkspace, Plan } from '../api/types'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { Problem } from '../ui/Feedback'
import { SelectField, TextField } from '../ui/Field'

type Command = AdminCommand['command']
type Values = {
  command: Command
  minutes: string
  unlink: boolean
  plan: Plan['state']
  until: string
  reason: string
  name: string
}

const commands: Command[] = ['pause', 'resume', 'connect', 'disconnect', 'set_plan', 'suspend', 'unsuspend']
const plans: Plan['state'][] = ['trial', 'active', 'past_due', 'expired']

/** What stops customers getting answers needs the workspace's name typed. */
const destructive = ({ command, unlink }: Values) => command === 'suspend' || (command === 'disconnect' && unlink)

/** One command for one workspace, with its reason; what it wrote is shown. */
export function AdminCommandDialog({ workspace, onClose }: { workspace: AdminWorkspace; onClose: () => void }) {
  const queries = useQueryClient()
  const [values, setValues] = useState<Values>({
    command: 'pause',
    minutes: '',
    unlink: false,
    plan: 'active',
    until: '',
    reason: '',
    name: '',
  })
  const [tried, setTried] = useState(false)
  const issue = useMutation({
    mutationFn: () =>
      read(
        client.POST('/api/admin/workspaces/{id}/commands', {
          params: { path: { id: workspace.id } },
          body: bodyOf(values),
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: adminWorkspacesQuery.queryKey }),
  })
  const change = (next: Partial<Values>) => {
    setValues({ ...values, ...next })
    issue.reset()
  }
  const needsReason = !values.reason.trim()
  const needsName = destructive(values) && values.name.trim() !== workspace.name
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!needsReason && !needsName && !issue.isPending) issue.mutate()
  }
  const events = issue.data?.events
  return (
    <Dialog title={pages.admin.orderTitle(workspace.name)} onClose={onClose}>
      <form noValidate onSubmit={submit} className="grid gap-4">
        <SelectField
          label={pages.admin.command}
          value={values.command}
          onChange={event => change({ command: event.target.value as Command })}
        >
          {commands.map(command => (
            <option key={command} value={command}>
              {pages.admin.commands[command]}
            </option>
          ))}
        </SelectField>
        <Arguments values={values} onChange={change} />
        <TextField
          label={pages.admin.reason}
          help={pages.admin.reasonHelp}
          error={tried && needsReason ? pages.admin.needReason : undefined}
          maxLength={500}
          value={values.reason}
          onChange={event => change({ reason: event.target.value })}
        />
        {destructive(values) && (
          <TextField
            label={pages.admin.confirmName(workspace.name)}
            error={tried && needsName ? pages.admin.needName : undefined}
            autoComplete="off"
            value={values.name}
            onChange={event => change({ name: event.target.value })}
          />
        )}
        <Problem error={issue.error} />
        <div className="flex flex-wrap items-center justify-end gap-3">
          <span role="status" className="mr-auto text-muted">
            {events && (events.length > 0 ? pages.admin.issued(events.join(', ')) : pages.admin.nothing)}
          </span>
          <Button kind={destructive(values) ? 'danger' : 'primary'} type="submit" busy={issue.isPending}>
            {pages.admin.issue}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function bodyOf({ command, minutes, unlink, plan, until, reason }: Values): AdminCommand {
  const body = { command, reason: reason.trim() }
  switch (command) {
    case 'pause':
      return Number(minutes) > 0 ? { ...body, args: { minutes: Number(minutes) } } : body
    case 'disconnect':
      return { ...body, args: { unlink } }
    case 'set_plan':
      return { ...body, args: until ? { plan, until: new Date(until).toISOString() } : { plan } }
    case 'resume':
    case 'connect':
    case 'suspend':
    case 'unsuspend':
      return body
  }
}

function Arguments({ values, onChange }: { values: Values; onChange: (next: Partial<Values>) => void }) {
  switch (values.command) {
    case 'pause':
      return (
        <TextField
          label={pages.admin.minutes}
          help={pages.admin.minutesHelp}
          type="number"
          min={1}
          value={values.minutes}
          onChange={event => onChange({ minutes: event.target.value })}
        />
      )
    case 'disconnect':
      return (
        <label className="flex min-h-11 items-center gap-3">
          <input
            type="checkbox"
            checked={values.unlink}
            onChange={event => onChange({ unlink: event.target.checked })}
          />{' '}
          {pages.admin.unlink}
        </label>
      )
    case 'set_plan':
      return (
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            label={pages.admin.plan}
            value={values.plan}
            onChange={event => onChange({ plan: event.target.value as Plan['state'] })}
          >
            {plans.map(plan => (
              <option key={plan} value={plan}>
                {pages.admin.plans[plan]}
              </option>
            ))}
          </SelectField>
          <TextField
            label={pages.admin.until}
            type="date"
            value={values.until}
            onChange={event => onChange({ until: event.target.value })}
          />
        </div>
      )
    case 'resume':
    case 'connect':
    case 'suspend':
    case 'unsuspend':
      return null
  }
}
