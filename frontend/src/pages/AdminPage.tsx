import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { adminWorkspacesQuery } from '../api/queries'
import type { AdminWorkspace } from '../api/types'
import { AdminCommandDialog } from '../components/AdminCommandDialog'
import { useMe } from '../components/workspace'
import { useNow } from '../lib/hooks'
import { count } from '../lib/numbers'
import { showPhone } from '../lib/phone'
import { day, span } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'
import { Lamp, type Tone } from '../ui/Lamp'
import { Page } from '../ui/Page'

/** All workspaces, for the people who run the platform; what they want done is a command. */
export function AdminPage() {
  const { user } = useMe()
  if (user.role !== 'platform_admin') {
    return (
      <Page title={pages.admin.title}>
        <Card>
          <Empty title={pages.admin.onlyAdmins} />
        </Card>
      </Page>
    )
  }
  return <Workspaces />
}

function Workspaces() {
  const [search, setSearch] = useState('')
  const [chosen, setChosen] = useState<AdminWorkspace>()
  const list = useQuery(adminWorkspacesQuery)
  const shown = list.data?.filter(one =>
    `${one.name} ${one.ownerEmail} ${one.phone}`.toLowerCase().includes(search.toLowerCase()),
  )
  const letters = list.data?.reduce((sum, one) => sum + one.deadLetters, 0) ?? 0
  return (
    <Page wide title={pages.admin.title} help={list.data && counts(list.data)}>
      {letters > 0 && (
        <p role="alert" className="rounded-control bg-danger-bg p-3 text-danger">
          <strong>{pages.admin.deadLetters(letters)}.</strong> {pages.admin.deadLettersHelp}
        </p>
      )}
      <input
        type="search"
        aria-label={pages.admin.search}
        placeholder={pages.admin.search}
        value={search}
        onChange={event => setSearch(event.target.value)}
        className="field"
      />
      <Card flush>
        {list.isPending && <Skeleton rows={6} />}
        {list.error && !list.data && <Problem error={list.error} onRetry={() => void list.refetch()} className="m-4" />}
        {list.data?.length === 0 && <Empty title={pages.admin.empty} />}
        {!!list.data?.length && shown?.length === 0 && <p className="p-4 text-muted">{pages.admin.noMatch}</p>}
        {!!shown?.length && <Table rows={shown} onOrder={setChosen} />}
      </Card>
      {chosen && <AdminCommandDialog workspace={chosen} onClose={() => setChosen(undefined)} />}
    </Page>
  )
}

function counts(all: AdminWorkspace[]): string {
  const connected = all.filter(one => one.status === 'connected').length
  const down = all.filter(one => one.status === 'disconnected').length
  return pages.admin.counts(all.length, connected, all.length - connected - down, down)
}

const TONE: Record<AdminWorkspace['status'], Tone> = {
  connected: 'good',
  connecting: 'info',
  reconnecting: 'warn',
  disconnected: 'neutral',
}

/** A table on wide screens, one block per workspace on a phone. */
function Table({ rows, onOrder }: { rows: AdminWorkspace[]; onOrder: (workspace: AdminWorkspace) => void }) {
  const now = useNow(30_000)
  const c = pages.admin.columns
  const head = 'px-4 py-2 text-left font-medium'
  const cell = 'px-4 md:py-3'
  return (
    <table className="block w-full md:table">
      <thead className="sr-only text-14 text-muted md:not-sr-only md:table-header-group">
        <tr>
          <th className={head}>{c.name}</th>
          <th className={head}>{c.state}</th>
          <th className={head}>{c.plan}</th>
          <th className={`${head} md:text-right`}>{c.messages}</th>
          <th className={`${head} md:text-right`}>{c.last}</th>
          <th className={head}>
            <span className="sr-only">{c.command}</span>
          </th>
        </tr>
      </thead>
      <tbody className="block divide-y divide-line md:table-row-group">
        {rows.map(row => (
          <tr key={row.id} className="grid gap-1 py-3 md:table-row md:py-0">
            <th scope="row" className={`${cell} text-left font-normal`}>
              <span className="block font-medium">{row.name}</span>
              <span className="block text-14 text-muted">{row.ownerEmail}</span>
            </th>
            <td className={cell}>
              <span className="inline-flex items-center gap-2">
                <Lamp tone={TONE[row.status]} small /> {row.status}
              </span>
              <span className="block text-14 text-muted">
                {row.reason.replaceAll('_', ' ')} {showPhone(row.phone)}
              </span>
              {row.deadLetters > 0 && (
                <span className="block text-14 text-danger">{pages.admin.deadLetters(row.deadLetters)}</span>
              )}
            </td>
            <td className={cell}>
              {pages.admin.plans[row.plan.state]}{' '}
              {row.plan.until && <span className="text-14 text-muted">{day(row.plan.until, 'UTC')}</span>}
              {!row.serving && <span className="block text-14 text-warn">{pages.admin.notServing}</span>}
            </td>
            <td className={`${cell} md:text-right`}>
              <span className="text-14 text-muted md:hidden">{c.messages}: </span>
              {count(row.messages24h)}
            </td>
            <td className={`${cell} whitespace-nowrap md:text-right`}>
              <span className="text-14 text-muted md:hidden">{c.last}: </span>
              {row.lastMessageAt ? t.ago(span(now - Date.parse(row.lastMessageAt))) : t.home.none}
            </td>
            <td className={`${cell} md:text-right`}>
              <Button onClick={() => onOrder(row)}>{pages.admin.order}</Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
