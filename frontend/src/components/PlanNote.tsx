import { useQuery } from '@tanstack/react-query'
import { alertsQuery } from '../api/queries'
import type { Plan } from '../api/types'
import { useNow } from '../lib/hooks'
import { day, weekday } from '../lib/time'
import { t } from '../text/messages.en'

/** planWords says how long the plan lasts; nothing while a paid plan runs. */
export function planWords(
  plan: Plan,
  zone: string,
  now: number,
): { title: string; help?: string; bad?: boolean } | undefined {
  const until = plan.until ? day(plan.until, zone) : ''
  switch (plan.state) {
    case 'trial': {
      const days = plan.until ? Math.ceil((Date.parse(plan.until) - now) / 86_400_000) : 0
      return { title: days > 0 ? t.plan.trial(days) : t.plan.trialToday, help: until && t.plan.trialEnds(until) }
    }
    case 'past_due':
      return { title: t.plan.pastDue, help: t.plan.pastDueHelp(until), bad: true }
    case 'expired':
      return { title: t.plan.expired, help: t.plan.expiredHelp, bad: true }
    case 'active':
      return undefined
  }
}

export function PlanNote({ plan, zone }: { plan: Plan; zone: string }) {
  const now = useNow(60_000)
  const missed = useQuery(alertsQuery).data?.missed
  const words = planWords(plan, zone, now)
  if (!words) return null
  return (
    <p className={`rounded-control px-3 py-2 text-14 ${words.bad ? 'bg-warn-bg text-warn' : 'bg-sunken text-muted'}`}>
      {missed && (
        <span className="block font-strong">{t.plan.missed(missed.customers, weekday(missed.since, zone))}</span>
      )}
      <span className={words.bad ? 'font-strong' : 'font-medium text-ink'}>{words.title}</span> {words.help}
    </p>
  )
}
