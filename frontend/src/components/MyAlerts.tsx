import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, read } from '../api/client'
import { myAlertsQuery } from '../api/queries'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Problem, Skeleton } from '../ui/Feedback'
import { RadioCard } from '../ui/Field'
import { QuietHours, quietHours } from './QuietHours'
import { useMe } from './workspace'

/** When the person who looks is told of alerts; everybody else decides for themselves. */
export function MyAlerts() {
  const { user } = useMe()
  const queries = useQueryClient()
  const mine = useQuery(myAlertsQuery)
  const change = useMutation({
    mutationFn: (alerts: string | null) => read(client.PATCH('/api/me/alerts', { body: { alerts } })),
    onSuccess: now => queries.setQueryData(myAlertsQuery.queryKey, now),
  })
  if (mine.error && !mine.data) return <Problem error={mine.error} onRetry={() => void mine.refetch()} />
  if (!mine.data) return <Skeleton rows={3} />
  const { chosen, everybody } = mine.data
  const p = pages.myAlerts
  const radio = (label: string, help: string, checked: boolean, alerts: string | null) => (
    <RadioCard name="my-alerts" label={label} help={help} checked={checked} onChange={() => change.mutate(alerts)} />
  )
  return (
    <div className="grid gap-3">
      <p className="text-muted">{p.help}</p>
      <fieldset className="grid gap-2">
        <legend className="sr-only">{p.title}</legend>
        {radio(p.asEverybody, p.everybodyNow(words(everybody)), chosen === null, null)}
        {radio(p.on, user.role === 'owner' ? p.whereOwner : p.where, chosen !== null && chosen !== 'off', 'on')}
        {chosen !== null && chosen !== 'off' && (
          <div className="grid gap-2 pl-3">
            <QuietHours alerts={chosen} onChange={alerts => change.mutate(alerts)} />
          </div>
        )}
        {radio(p.off, p.stillListed, chosen === 'off', 'off')}
      </fieldset>
      <Problem error={change.error} />
      <p role="status" className="min-h-5 text-14 text-muted">
        {change.isPending ? t.faqs.saving : change.isSuccess && pages.settings.saved}
      </p>
    </div>
  )
}

function words(alerts: string): string {
  const [from, to] = quietHours(alerts)
  if (from && to) return pages.myAlerts.nowQuiet(from, to)
  return alerts === 'off' ? pages.myAlerts.nowOff : pages.myAlerts.nowOn
}
