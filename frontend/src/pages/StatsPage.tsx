import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { useState } from 'react'
import { analyticsQuery } from '../api/queries'
import type { Analytics } from '../api/types'
import { Bars } from '../components/Bars'
import { type Bucket, byDay, byHour } from '../components/series'
import { useWorkspace } from '../components/workspace'
import { useNow } from '../lib/hooks'
import { count, fineShare, share } from '../lib/numbers'
import { clockSeconds, replyTime, startOfDay } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'
import { Lamp } from '../ui/Lamp'
import { Page } from '../ui/Page'

const periods = [1, 7, 30] as const

/** How the bot did, over one, seven or thirty days. */
export function StatsPage() {
  const { timezone } = useWorkspace()
  const { days = 7 } = useSearch({ from: '/inside/shell/stats' })
  const now = useNow(30_000)
  const query = useQuery(analyticsQuery(startOfDay(now, timezone, days - 1)))
  const stats = query.data
  return (
    <Page title={pages.stats.title} aside={stats && <UpTo stats={stats} zone={timezone} now={now} />}>
      <nav aria-label={pages.stats.range} className="flex gap-2">
        {periods.map(one => (
          <Link
            key={one}
            to="/stats"
            search={one === 7 ? {} : { days: one }}
            aria-current={one === days ? 'true' : undefined}
            className={clsx(
              'inline-flex min-h-11 items-center rounded-full border px-4 font-medium',
              one === days ? 'border-accent bg-accent text-on-accent' : 'border-control bg-surface',
            )}
          >
            {pages.stats.days(one)}
          </Link>
        ))}
      </nav>
      {query.isPending && <Skeleton rows={6} />}
      {query.error && !stats && <Problem error={query.error} onRetry={() => void query.refetch()} />}
      {stats && <Figures stats={stats} buckets={days === 1 ? byHour(stats, timezone) : byDay(stats, timezone, days)} />}
    </Page>
  )
}

/** Green while the figures are fresh, amber when they lag by more than half a minute. */
function UpTo({ stats, zone, now }: { stats: Analytics; zone: string; now: number }) {
  const lags = now - Date.parse(stats.upTo) > 90_000
  return (
    <p className="inline-flex items-center gap-2 text-14 text-muted">
      <Lamp tone={lags ? 'warn' : 'good'} small /> {t.home.upTo(clockSeconds(stats.upTo, zone))}
    </p>
  )
}

function Figures({ stats, buckets }: { stats: Analytics; buckets: Bucket[] }) {
  return (
    <>
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-card border border-line bg-line lg:grid-cols-4">
        <Tile label={pages.stats.customers} value={count(stats.customers)} />
        <Tile label={pages.stats.messages} value={count(stats.messages)} />
        <Tile label={pages.stats.byBot} value={share(stats.answeredShare)} />
        <Tile
          label={pages.stats.reply}
          value={stats.medianReplyMs === null ? t.home.none : replyTime(stats.medianReplyMs)}
          help={stats.p95ReplyMs === null ? undefined : pages.stats.p95(replyTime(stats.p95ReplyMs))}
        />
      </dl>
      {stats.messages === 0 ? (
        <Card>
          <Empty title={pages.stats.empty} />
        </Card>
      ) : (
        <>
          <OverTime buckets={buckets} />
          <Outcomes stats={stats} />
        </>
      )}
      <Card title={pages.stats.promises}>
        <dl className="grid gap-4 sm:grid-cols-2">
          <Promised label={pages.stats.connects} part={stats.connectionSuccesses} of={stats.connectionAttempts} />
          <Promised label={pages.stats.delivered} part={stats.delivered} of={stats.repliesSent} />
        </dl>
      </Card>
    </>
  )
}

function Tile({ label, value, help }: { label: string; value: string; help?: string }) {
  return (
    <div className="bg-surface p-4">
      <dt className="text-14 text-muted">{label}</dt>
      <dd>
        <span className="text-28 font-strong">{value}</span>
        {help && <span className="block text-14 text-muted">{help}</span>}
      </dd>
    </div>
  )
}

function Promised({ label, part, of }: { label: string; part: number; of: number }) {
  return (
    <div>
      <dt className="text-muted">{label}</dt>
      <dd>
        <span className="text-22 font-strong">{fineShare(part, of)}</span>{' '}
        {of > 0 && <span className="text-14 text-muted">{pages.stats.ofN(part, of)}</span>}
      </dd>
    </div>
  )
}

function OverTime({ buckets }: { buckets: Bucket[] }) {
  const [asTable, setAsTable] = useState(false)
  return (
    <Card
      title={pages.stats.overTime}
      aside={
        <Button kind="quiet" className="-mx-4" onClick={() => setAsTable(!asTable)}>
          {asTable ? pages.stats.chart : pages.stats.table}
        </Button>
      }
    >
      {asTable ? <Table buckets={buckets} /> : <Chart buckets={buckets} />}
    </Card>
  )
}

function Chart({ buckets }: { buckets: Bucket[] }) {
  return (
    <div className="grid gap-2">
      <Bars
        tall
        label={pages.stats.overTime}
        bars={buckets.map(({ label, answered, unanswered }) => ({
          label,
          value: answered + unanswered,
          accent: answered,
        }))}
      />
      <div className="flex justify-between text-12 text-muted">
        <span>{buckets[0]?.label}</span>
        <span>{buckets.at(-1)?.label}</span>
      </div>
      <p className="flex flex-wrap gap-x-4 text-14 text-muted">
        <Key className="bg-accent" label={pages.stats.answeredBars} />
        <Key className="bg-human opacity-70" label={pages.stats.unansweredBars} />
      </p>
    </div>
  )
}

function Table({ buckets }: { buckets: Bucket[] }) {
  const cell = 'py-1.5 pr-2 text-right'
  return (
    <table className="w-full">
      <thead className="text-left text-14 text-muted">
        <tr>
          <th className="font-medium">{pages.stats.at}</th>
          <th className={`${cell} font-medium`}>{pages.stats.messages}</th>
          <th className={`${cell} font-medium`}>{pages.stats.answeredBars}</th>
          <th className={`${cell} font-medium`}>{pages.stats.unansweredBars}</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {buckets.map(bucket => (
          <tr key={bucket.label}>
            <th scope="row" className="text-left font-normal">
              {bucket.label}
            </th>
            <td className={cell}>{count(bucket.messages)}</td>
            <td className={cell}>{count(bucket.answered)}</td>
            <td className={cell}>{count(bucket.unanswered)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Outcomes({ stats }: { stats: Analytics }) {
  const parts = [
    { label: pages.stats.answered, n: stats.answeredByBot, className: 'bg-accent' },
    { label: pages.stats.choices, n: stats.choices, className: 'bg-warn' },
    { label: pages.stats.handed, n: stats.handedOver, className: 'bg-human' },
  ]
  const all = parts.reduce((sum, part) => sum + part.n, 0)
  return (
    <Card title={pages.stats.outcomes}>
      <div className="grid gap-3">
        <div aria-hidden className="flex h-4 gap-0.5 overflow-hidden rounded-full bg-sunken">
          {parts.map(
            part => part.n > 0 && <span key={part.label} className={part.className} style={{ flexGrow: part.n }} />,
          )}
        </div>
        <ul className="flex flex-wrap gap-x-6 gap-y-1">
          {parts.map(part => (
            <li key={part.label}>
              <Key className={part.className} label={`${part.label} ${count(part.n)} · ${fineShare(part.n, all)}`} />
            </li>
          ))}
        </ul>
      </div>
    </Card>
  )
}

function Key({ className, label }: { className: string; label: string }) {
  return (
    <span className="inline-flex items-center gap-2">
      <span aria-hidden className={`size-3 rounded-full ${className}`} /> {label}
    </span>
  )
}
