import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { analyticsQuery, connectionQuery, conversationsQuery, unansweredQuery } from '../api/queries'
import { Bars } from '../components/Bars'
import { ConversationRow } from '../components/ConversationRow'
import { PlanNote } from '../components/PlanNote'
import { byHour } from '../components/series'
import { WhatsAppConnection } from '../components/WhatsAppConnection'
import { useWorkspace } from '../components/workspace'
import { useNow } from '../lib/hooks'
import { count, share } from '../lib/numbers'
import { showPhone } from '../lib/phone'
import { clockSeconds, replyTime, startOfDay } from '../lib/time'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'
import { Page } from '../ui/Page'

/** What an owner wants to know at a glance: does it answer, who waits, how is today. */
export function HomePage() {
  const { name, plan, timezone, onboarding } = useWorkspace()
  return (
    <Page title={t.nav.home} heading={name}>
      <div className="lg:hidden">
        <PlanNote plan={plan} zone={timezone} />
      </div>
      {onboarding.step !== 'done' && <SetupNote step={onboarding.step} />}
      <WhatsAppConnection />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <NeedsYou />
        <div className="grid gap-4">
          <Today />
          <Missed />
        </div>
      </div>
    </Page>
  )
}

function SetupNote({ step }: { step: 'link' | 'faqs' | 'test' }) {
  const left = { link: 3, faqs: 2, test: 1 }[step]
  return (
    <a
      href="/welcome"
      className="flex min-h-11 items-center justify-between gap-3 rounded-card border border-accent bg-bot-bubble px-4 py-3"
    >
      <span>
        <span className="font-strong">{t.welcome.continueSetup}</span> <span>{t.welcome.continueSetupHelp(left)}</span>
      </span>
      <ArrowRight aria-hidden size={20} className="flex-none" />
    </a>
  )
}

function NeedsYou() {
  const { timezone } = useWorkspace()
  const now = useNow(20_000)
  const waiting = useInfiniteQuery(conversationsQuery('needs_you'))
  const connection = useQuery(connectionQuery).data
  const rows = waiting.data?.pages[0]?.conversations
  return (
    <Card
      flush
      title={rows?.length ? `${t.home.needsYou} · ${rows.length}` : t.home.needsYou}
      aside={
        <Link to="/inbox" className="inline-flex min-h-11 items-center font-medium text-accent">
          {t.home.all}
        </Link>
      }
    >
      {waiting.error && !rows && (
        <Problem error={waiting.error} onRetry={() => void waiting.refetch()} className="m-4" />
      )}
      {waiting.isPending && <Skeleton />}
      {rows?.length === 0 && (
        <Empty title={connection?.whatsappConnected ? t.home.nobody : t.home.nobodyYet(showPhone(connection?.phone))} />
      )}
      <ul className="divide-y divide-line pb-1">
        {rows?.slice(0, 6).map(conversation => (
          <li key={conversation.id}>
            <ConversationRow conversation={conversation} filter="needs_you" zone={timezone} now={now} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Today() {
  const { timezone } = useWorkspace()
  const from = startOfDay(useNow(60_000), timezone)
  const today = useQuery({ ...analyticsQuery(from), placeholderData: previous => previous })
  const stats = today.data
  return (
    <Card
      title={t.home.today}
      aside={stats && <span className="text-14 text-muted">{t.home.upTo(clockSeconds(stats.upTo, timezone))}</span>}
    >
      {today.error && !stats && <Problem error={today.error} onRetry={() => void today.refetch()} />}
      {today.isPending && <Skeleton rows={2} className="p-0" />}
      {stats && (
        <div className="grid gap-3">
          <dl className="grid grid-cols-3 gap-3">
            <Figure value={count(stats.customers)} label={t.home.customers} />
            <Figure value={share(stats.answeredShare)} label={t.home.byBot} />
            <Figure
              value={stats.medianReplyMs === null ? t.home.none : replyTime(stats.medianReplyMs)}
              label={t.home.reply}
            />
          </dl>
          <Bars
            label={`${t.home.perHour}: ${count(stats.messages)} ${t.home.messages}`}
            bars={byHour(stats, timezone).map(hour => ({ label: hour.label, value: hour.messages }))}
          />
        </div>
      )}
    </Card>
  )
}

function Figure({ value, label }: { value: string; label: string }) {
  return (
    <div className="flex flex-col-reverse justify-end">
      <dt className="text-14 text-muted">{label}</dt>
      <dd className="text-22 font-strong">{value}</dd>
    </div>
  )
}

function Missed() {
  const navigate = useNavigate()
  const missed = useQuery(unansweredQuery)
  if (!missed.data?.length && !missed.error) return null
  return (
    <Card title={t.home.missed}>
      <Problem error={missed.data ? null : missed.error} onRetry={() => void missed.refetch()} />
      <ul className="grid gap-2">
        {missed.data?.slice(0, 4).map(cluster => (
          <li key={cluster.id} className="flex items-center justify-between gap-3">
            <span className="min-w-0">
              <span className="font-medium">{cluster.question}</span>{' '}
              <span className="text-muted">· {t.home.people(cluster.people)}</span>
            </span>
            <Button onClick={() => void navigate({ to: '/missed' })}>{t.home.answer}</Button>
          </li>
        ))}
      </ul>
    </Card>
  )
}
