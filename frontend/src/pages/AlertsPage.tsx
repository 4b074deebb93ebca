import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { alertsQuery } from '../api/queries'
import type { Alert } from '../api/types'
import { alertWords, markSeen } from '../components/alerts'
import { useWorkspace } from '../components/workspace'
import { useNow } from '../lib/hooks'
import { moment } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'
import { Lamp, type Tone } from '../ui/Lamp'
import { Page } from '../ui/Page'

const TONE: Record<Alert['kind'], Tone> = {
  disconnected: 'danger',
  back: 'good',
  waiting: 'warn',
  loop: 'warn',
  limit: 'warn',
  app_reply: 'warn',
  put_aside: 'danger',
  plan: 'warn',
  live: 'good',
}

/** What the business was told of, the newest first. Looking at it takes the count off the bell. */
export function AlertsPage() {
  const { timezone } = useWorkspace()
  const now = useNow(20_000)
  const alerts = useQuery(alertsQuery)
  const newest = alerts.data?.alerts[0]?.position
  useEffect(() => {
    if (newest) markSeen(newest)
  }, [newest])
  return (
    <Page title={t.alerts.title} help={t.alerts.help}>
      <Card flush>
        {alerts.isPending && <Skeleton />}
        {alerts.error && !alerts.data && (
          <Problem error={alerts.error} onRetry={() => void alerts.refetch()} className="m-4" />
        )}
        {alerts.data?.alerts.length === 0 && <Empty title={t.alerts.empty} />}
        <ul className="divide-y divide-line">
          {alerts.data?.alerts.map(alert => (
            <li key={alert.position} className="flex items-start gap-3 px-4 py-3">
              <span className="flex h-6 items-center">
                <Lamp tone={TONE[alert.kind]} small />
              </span>
              <div className="grid min-w-0 flex-1 gap-0.5">
                <p>{alertWords(alert)}</p>
                <p className="text-14 text-muted">
                  <time dateTime={alert.at}>{moment(alert.at, timezone, now)}</time>
                </p>
                {alert.customerId && (
                  <Link
                    to="/inbox/$id"
                    params={{ id: alert.customerId }}
                    className="inline-flex min-h-11 items-center font-medium text-accent underline underline-offset-4"
                  >
                    {t.alerts.openChat}
                  </Link>
                )}
              </div>
            </li>
          ))}
        </ul>
      </Card>
      <p className="text-14">
        <Link to="/settings" className="inline-flex min-h-11 items-center text-accent underline underline-offset-4">
          {pages.push.alsoHere}
        </Link>
      </p>
    </Page>
  )
}
