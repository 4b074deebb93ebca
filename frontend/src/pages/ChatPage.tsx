import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { Fragment, useEffect, useRef } from 'react'
import { messagesQuery, unansweredQuery } from '../api/queries'
import type { Conversation, Message, UnansweredCluster } from '../api/types'
import { customerName, STATE } from '../components/ConversationRow'
import { ChatMenu, Erased, wasErased } from '../components/EraseCustomer'
import { MessageBubble, NoticeLine } from '../components/MessageBubble'
import { QuietMenu } from '../components/QuietMenu'
import { ReplyBox } from '../components/ReplyBox'
import { offersIn, ReplyOffer } from '../components/ReplyOffer'
import { canLead, canTalk, isOwner, useMe, useWorkspace } from '../components/workspace'
import { useTitle } from '../lib/hooks'
import { showPhone } from '../lib/phone'
import { longDay } from '../lib/time'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'

/** One chat, in three voices: the customer, the bot, a person from the business. */
export function ChatPage() {
  const { id } = useParams({ from: '/inside/shell/inbox/$id' })
  const { filter } = useSearch({ from: '/inside/shell/inbox' })
  const { user } = useMe()
  const thread = useInfiniteQuery(messagesQuery(id))
  const missed = useQuery({ ...unansweredQuery, enabled: canLead(user.role) })
  const ready = !missed.isLoading // what is offered below the messages must not push them away once they are there
  const conversation = thread.data?.pages[0]?.conversation
  // The newest page comes first, and each page is in the order of writing.
  const gone = wasErased(thread.error) // also where the chat was shown until a moment ago
  const messages = ready ? thread.data?.pages.toReversed().flatMap(page => page.messages) : undefined
  useTitle(conversation && !gone ? customerName(conversation) : t.inbox.title)
  if (gone) {
    return (
      <Card flush>
        <Head />
        <Erased filter={filter} />
      </Card>
    )
  }
  return (
    <Card flush>
      <Head conversation={conversation} />
      {conversation && canTalk(user.role) && <QuietMenu conversation={conversation} />}
      {(thread.isPending || !ready) && <Skeleton rows={5} />}
      {thread.error && !messages && (
        <Problem error={thread.error} onRetry={() => void thread.refetch()} className="m-4" />
      )}
      {messages?.length === 0 && <Empty title={t.inbox.empty1} />}
      {messages && messages.length > 0 && (
        <section
          aria-label={t.inbox.thread}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className="grid gap-3 p-4 lg:max-h-[calc(100dvh-25rem)] lg:min-h-48 lg:overflow-y-auto"
        >
          {thread.hasNextPage && (
            <Button
              kind="quiet"
              className="mx-auto"
              busy={thread.isFetchingNextPage}
              onClick={() => void thread.fetchNextPage()}
            >
              {t.inbox.older}
            </Button>
          )}
          <Thread
            chat={id}
            messages={messages}
            offers={offersIn(id, missed.data)}
            name={conversation ? customerName(conversation) : t.inbox.unknown}
          />
        </section>
      )}
      {conversation && canTalk(user.role) && !conversation.optedOut && <ReplyBox key={id} id={id} />}
      {conversation?.optedOut && (
        <p className="border-t border-line px-4 py-3 text-14 text-muted">{t.inbox.optedOut}</p>
      )}
    </Card>
  )
}

function Head({ conversation }: { conversation?: Conversation }) {
  const { user } = useMe()
  const navigate = useNavigate()
  const { filter } = useSearch({ from: '/inside/shell/inbox' })
  const toInbox = { to: '/inbox', search: filter ? { filter } : {} } as const
  const state = conversation && STATE[conversation.state]
  return (
    <div className="flex min-h-14 items-center gap-2 border-b border-line px-2 lg:px-4">
      <Link
        {...toInbox}
        aria-label={t.back}
        className="grid size-11 flex-none place-items-center rounded-control hover:bg-sunken lg:hidden"
      >
        <ChevronLeft aria-hidden size={22} />
      </Link>
      {conversation && state && (
        <>
          <div className="min-w-0 flex-1">
            <h2 className="truncate text-16">{customerName(conversation)}</h2>
            {conversation.customer.name && (
              <p className="truncate text-14 text-muted">{showPhone(conversation.customer.phone)}</p>
            )}
          </div>
          <span className={`inline-flex flex-none items-center gap-1.5 pr-2 text-14 font-medium ${state.className}`}>
            <state.icon aria-hidden size={18} />{' '}
            <span className="max-[399px]:sr-only">{t.inbox.state[conversation.state]}</span>
          </span>
          {isOwner(user.role) && (
            <ChatMenu
              key={conversation.id}
              id={conversation.id}
              name={customerName(conversation)}
              onErased={() => void navigate({ ...toInbox, replace: true })}
            />
          )}
        </>
      )}
    </div>
  )
}

type ThreadProps = { chat: string; messages: Message[]; offers: UnansweredCluster[]; name: string }

function Thread({ chat, messages, offers, name }: ThreadProps) {
  const { timezone } = useWorkspace()
  const end = useScrollToNewest([messages.at(-1)?.id, ...offers.map(cluster => cluster.id)].join(' '))
  let last = ''
  return (
    <ol className="grid gap-2">
      {messages.map(message => {
        const date = longDay(message.at, timezone)
        const isNewDay = date !== last
        last = date
        return (
          <Fragment key={message.id}>
            {isNewDay && <li className="my-2 text-center text-14 text-muted">{date}</li>}
            <li className="grid">
              {message.notice ? (
                <NoticeLine message={message} name={name} zone={timezone} />
              ) : (
                <MessageBubble message={message} zone={timezone} />
              )}
            </li>
          </Fragment>
        )
      })}
      {offers.map(cluster => (
        <li key={cluster.id}>
          <ReplyOffer chat={chat} cluster={cluster} />
        </li>
      ))}
      <li ref={end} aria-hidden className="scroll-mb-32" />
    </ol>
  )
}

/** useScrollToNewest shows the end when the chat opens and when something comes there, but not when older messages are loaded. */
function useScrollToNewest(newest: string) {
  const end = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (newest) end.current?.scrollIntoView({ block: 'end' })
  }, [newest])
  return end
}
