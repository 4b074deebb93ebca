import { Link } from '@tanstack/react-router'
import { Bot, CircleAlert, CircleCheck, type LucideIcon, UserRound } from 'lucide-react'
import type { Conversation, InboxFilter } from '../api/types'
import { showPhone } from '../lib/phone'
import { moment, span } from '../lib/time'
import { t } from '../text/messages.en'
import { withoutMarks } from './WhatsAppText'
import { writer } from './writer'

export const STATE: Record<Conversation['state'], { icon: LucideIcon; className: string }> = {
  waiting: { icon: CircleAlert, className: 'text-human' },
  bot: { icon: Bot, className: 'text-accent' },
  human: { icon: UserRound, className: 'text-human' },
  answered: { icon: CircleCheck, className: 'text-muted' },
}

/** customerName is a name, else a number, else an honest word. */
export function customerName({ customer }: Pick<Conversation, 'customer'>): string {
  return customer.name || showPhone(customer.phone) || t.inbox.unknown
}

/** One chat in a list: who, since when, and the last words of a person: the bot answers all alike. */
export function ConversationRow({
  conversation,
  filter,
  zone,
  now,
}: {
  conversation: Conversation
  filter?: InboxFilter
  zone: string
  now: number
}) {
  const { state, lastMessage, asked, waitingSince, mark } = conversation
  const words = asked && !/^\d+$/.test(asked.trim()) ? asked : null // a choice from a list says less than the answer to it
  const { icon: Icon, className } = STATE[state]
  return (
    <Link
      to="/inbox/$id"
      params={{ id: conversation.id }}
      search={filter ? { filter } : {}}
      className="flex min-h-16 items-start gap-3 px-4 py-3 hover:bg-sunken aria-[current=page]:bg-sunken"
    >
      <Icon aria-hidden size={20} className={`mt-0.5 flex-none ${className}`} />
      <span className="grid min-w-0 flex-1 grid-cols-1">
        <span className="flex items-baseline justify-between gap-3">
          <span className="flex min-w-0 items-baseline gap-2">
            <span className="truncate font-medium">{customerName(conversation)}</span>
            {mark && (
              <span className="flex-none rounded-full border border-danger px-1.5 text-12 font-strong text-danger">
                {t.inbox.mark[mark]}
              </span>
            )}
          </span>
          <span className="flex-none text-14 text-muted">
            {state === 'waiting' && waitingSince
              ? span(now - Date.parse(waitingSince))
              : lastMessage && moment(lastMessage.at, zone, now)}
          </span>
        </span>
        <span className="flex items-baseline justify-between gap-3">
          <span className="truncate text-muted">
            <span className="sr-only">{t.inbox.state[state]}. </span>
            {words === null && lastMessage && lastMessage.author !== 'customer' && (
              <span className="text-14">{writer(lastMessage)}: </span>
            )}
            {withoutMarks(words ?? lastMessage?.text ?? '') || t.inbox.noText}
          </span>
          {conversation.unanswered > 0 && state === 'waiting' && (
            <span className="flex-none rounded-full bg-human px-1.5 text-12 font-strong text-bg">
              {conversation.unanswered}
            </span>
          )}
        </span>
      </span>
    </Link>
  )
}
