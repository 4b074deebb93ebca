import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import {
  BookOpenText,
  Building2,
  CircleUserRound,
  type LucideIcon,
  MessageCircle,
  MessagesSquare,
  ShieldCheck,
} from 'lucide-react'
import { auditQuery } from '../api/queries'
import type { AuditEvent } from '../api/types'
import { useWorkspace } from '../components/workspace'
import { clockSeconds, longDay } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'
import { SelectField } from '../ui/Field'
import { Page } from '../ui/Page'

/** Everything that happened, as sentences; the stored event is one tap away. */
export function HistoryPage() {
  const navigate = useNavigate()
  const { type = '' } = useSearch({ from: '/inside/shell/history' })
  const { timezone } = useWorkspace()
  const events = useInfiniteQuery(auditQuery(type))
  const rows = events.data?.pages.flatMap(page => page.events)
  return (
    <Page
      title={pages.history.title}
      help={pages.history.help}
      aside={
        <div className="w-full sm:w-56">
          <SelectField
            label={pages.history.filter}
            value={type}
            onChange={event =>
              void navigate({ to: '/history', search: event.target.value ? { type: event.target.value } : {} })
            }
          >
            {pages.history.kinds.map(kind => (
              <option key={kind.value} value={kind.value}>
                {kind.label}
              </option>
            ))}
          </SelectField>
        </div>
      }
    >
      <Card flush>
        {events.isPending && <Skeleton rows={8} />}
        {events.error && !rows && (
          <Problem error={events.error} onRetry={() => void events.refetch()} className="m-4" />
        )}
        {rows?.length === 0 && <Empty title={pages.history.empty} />}
        {rows &&
          byDay(rows, timezone).map(([date, ofDay]) => <Day key={date} date={date} events={ofDay} zone={timezone} />)}
        {events.hasNextPage && (
          <div className="p-3">
            <Button className="w-full" busy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
              {t.more}
            </Button>
          </div>
        )}
      </Card>
    </Page>
  )
}

function byDay(events: AuditEvent[], zone: string): [string, AuditEvent[]][] {
  const days = new Map<string, AuditEvent[]>()
  for (const event of events) {
    const date = longDay(event.at, zone)
    days.set(date, [...(days.get(date) ?? []), event])
  }
  return [...days]
}

function Day({ date, events, zone }: { date: string; events: AuditEvent[]; zone: string }) {
  return (
    <section aria-label={date}>
      <h2 className="border-y border-line bg-sunken px-4 py-1.5 text-14 text-muted first:border-t-0">{date}</h2>
      <ol className="divide-y divide-line">
        {events.map(event => (
          <li key={event.id}>
            <EventRow event={event} zone={zone} />
          </li>
        ))}
      </ol>
    </section>
  )
}

const ICON: Record<string, LucideIcon> = {
  connection: MessageCircle,
  conversation: MessagesSquare,
  faq: BookOpenText,
  customer: CircleUserRound,
  workspace: Building2,
  admin: ShieldCheck,
}

function EventRow({ event, zone }: { event: AuditEvent; zone: string }) {
  const Icon = ICON[event.type.split('.')[0] ?? ''] ?? Building2
  return (
    <details>
      <summary className="flex min-h-11 items-start gap-3 px-4 py-2.5 hover:bg-sunken">
        <time dateTime={event.at} className="flex-none pt-px text-14 text-muted">
          {clockSeconds(event.at, zone)}
        </time>
        <Icon aria-hidden size={18} className="mt-0.5 flex-none text-muted" />
        <span className="min-w-0 flex-1">{event.sentence}</span>
        <span className="hidden flex-none text-14 text-muted sm:inline">
          {pages.history.actor[event.actor.kind] ?? event.actor.kind}
        </span>
      </summary>
      <div className="grid gap-2 px-4 pt-1 pb-4 text-14">
        <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 text-muted">
          <Fact label={pages.history.event} value={`${event.type} ${pages.history.number(event.position)}`} />
          <Fact label={pages.history.stream} value={`${event.stream} · ${event.version}`} />
          {event.causationId && <Fact label={pages.history.cause} value={event.causationId} />}
          {event.correlationId && <Fact label={pages.history.correlation} value={event.correlationId} />}
        </dl>
        <pre className="overflow-x-auto rounded-control bg-sunken p-3 font-mono text-12 whitespace-pre-wrap">
          {JSON.stringify(event.data, null, 2)}
        </pre>
      </div>
    </details>
  )
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <>
      <dt>{label}</dt>
      <dd className="font-mono text-ink">{value}</dd>
    </>
  )
}
