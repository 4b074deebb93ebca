import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, Outlet, useMatchRoute, useSearch } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { conversationsQuery } from '../api/queries'
import type { InboxFilter } from '../api/types'
import { ConversationRow } from '../components/ConversationRow'
import { useWorkspace } from '../components/workspace'
import { useNow } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'
import { Page } from '../ui/Page'

const filters: InboxFilter[] = ['needs_you', 'bot', 'you', 'all']

/** The chats on the left, one of them on the right; on a phone one after the other. */
export function InboxPage() {
  const reading = useMatchRoute()({ to: '/inbox/$id' })
  return (
    <Page
      wide
      title={t.inbox.title}
      heading={<span className={clsx(reading && 'max-lg:sr-only')}>{t.inbox.title}</span>}
    >
      <div className="grid items-start gap-4 lg:grid-cols-[22rem_1fr]">
        <div className={clsx(reading && 'max-lg:hidden')}>
          <ChatList />
        </div>
        <Outlet />
      </div>
    </Page>
  )
}

/** Beside the list, when no chat is chosen. */
export function NoChat() {
  return (
    <div className="max-lg:hidden">
      <Card>
        <Empty title={t.inbox.pick} />
      </Card>
    </div>
  )
}

function ChatList() {
  const { timezone } = useWorkspace()
  const now = useNow(20_000)
  const { filter = 'all' } = useSearch({ from: '/inside/shell/inbox' })
  const chats = useInfiniteQuery(conversationsQuery(filter))
  const rows = chats.data?.pages.flatMap(page => page.conversations)
  return (
    <Card flush>
      <nav aria-label={t.inbox.filterLabel} className="grid grid-cols-[auto_1fr_1fr_1fr] border-b border-line">
        {filters.map(one => (
          <Link
            key={one}
            to="/inbox"
            search={one === 'all' ? {} : { filter: one }}
            aria-current={one === filter ? 'true' : undefined}
            className={clsx(
              'grid min-h-11 place-items-center border-b-2 px-3',
              one === filter ? 'border-accent font-medium' : 'border-transparent text-muted hover:text-ink',
            )}
          >
            {t.inbox.filters[one]}
          </Link>
        ))}
      </nav>
      {chats.isPending && <Skeleton rows={5} />}
      {chats.error && !rows && <Problem error={chats.error} onRetry={() => void chats.refetch()} className="m-4" />}
      {rows?.length === 0 && <Empty title={t.inbox.empty[filter]} />}
      <ul className="divide-y divide-line">
        {rows?.map(conversation => (
          <li key={conversation.id}>
            <ConversationRow
              conversation={conversation}
              filter={filter === 'all' ? undefined : filter}
              zone={timezone}
              now={now}
            />
          </li>
        ))}
      </ul>
      {chats.hasNextPage && (
        <div className="p-3">
          <Button className="w-full" busy={chats.isFetchingNextPage} onClick={() => void chats.fetchNextPage()}>
            {t.more}
          </Button>
        </div>
      )}
    </Card>
  )
}
