import { Link } from '@tanstack/react-router'
import { clsx } from 'clsx'
import {
  Bot,
  Check,
  CheckCheck,
  ChevronDown,
  CircleX,
  Clock,
  LayoutDashboard,
  type LucideIcon,
  Smartphone,
} from 'lucide-react'
import type { Message } from '../api/types'
import { clock } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { WhatsAppText } from './WhatsAppText'
import { writer } from './writer'

type Voice = { icon?: LucideIcon; bubble: string; name: string }

const VOICE: Record<Message['author'], Voice> = {
  customer: { bubble: 'mr-auto bg-sunken', name: 'text-muted' },
  bot: { icon: Bot, bubble: 'ml-auto bg-bot-bubble', name: 'text-accent' },
  phone: { icon: Smartphone, bubble: 'ml-auto bg-human-bubble', name: 'text-human' },
  dashboard: { icon: LayoutDashboard, bubble: 'ml-auto bg-human-bubble', name: 'text-human' },
}

const TICK: Record<Message['status'], { icon: LucideIcon; className?: string } | undefined> = {
  received: undefined,
  queued: { icon: Clock },
  sent: { icon: Check },
  delivered: { icon: CheckCheck },
  read: { icon: CheckCheck, className: 'text-info' },
  failed: { icon: CircleX, className: 'text-danger' },
  cancelled: { icon: CircleX },
  unreadable: { icon: CircleX, className: 'text-danger' },
}

/** Statuses that are said in words, because they are not what one expects. */
const SAID: Message['status'][] = ['failed', 'cancelled', 'unreadable']

/** One message: who said it, what, when, how far it came, and why, if the bot said it. */
export function MessageBubble({ message, zone }: { message: Message; zone: string }) {
  const { icon: Icon, bubble, name } = VOICE[message.author]
  const tick = TICK[message.status]
  return (
    <div className={clsx('grid max-w-[85%] rounded-card px-3 py-2', bubble)}>
      <p
        className={clsx(
          'flex items-center gap-1.5 text-12 font-strong',
          name,
          message.author === 'customer' && 'sr-only',
        )}
      >
        {Icon && <Icon aria-hidden size={14} />} {writer(message)}
      </p>
      <Body message={message} />
      <p className="flex items-center justify-end gap-1.5 text-12 text-muted">
        {message.edited && <span>{t.inbox.edited}</span>}
        <time dateTime={message.at} className="flex-none">
          {clock(message.at, zone)}
        </time>
        {tick && (
          <>
            <tick.icon aria-hidden size={16} className={tick.className} />
            <span className={SAID.includes(message.status) ? tick.className : 'sr-only'}>
              {t.inbox.status[message.status]}
            </span>
          </>
        )}
      </p>
      {message.why && <Why why={message.why} />}
    </div>
  )
}

/** What nobody wrote: a small grey line about the customer. */
export function NoticeLine({ message, name, zone }: { message: Message; name: string; zone: string }) {
  if (!message.notice) return null
  return (
    <p className="mx-auto max-w-[85%] text-center text-14 text-muted">
      {t.inbox.notice[message.notice](name)}{' '}
      <time dateTime={message.at} className="text-12">
        {clock(message.at, zone)}
      </time>
    </p>
  )
}

function Body({ message }: { message: Message }) {
  if (message.deleted) return <p className="text-muted italic">{t.inbox.deleted}</p>
  if (!message.text) return <p className="text-muted italic">{t.inbox.noText}</p>
  const dropped = message.status === 'cancelled' || message.status === 'failed'
  return (
    <p className={clsx(dropped && 'text-muted')}>
      <WhatsAppText text={message.text} />
    </p>
  )
}

function Why({ why }: { why: NonNullable<Message['why']> }) {
  const rivals = why.candidates.filter(one => one.faqId !== why.faqId)
  const facts = [
    why.score != null && t.inbox.whyScore(why.score.toFixed(2)),
    why.margin != null && t.inbox.whyMargin(why.margin.toFixed(2)),
    why.reason,
  ].filter(Boolean)
  return (
    <details className="group text-14">
      <summary className="-mb-2 inline-flex min-h-11 items-center gap-1 font-medium text-accent">
        {t.inbox.why} <ChevronDown aria-hidden size={16} className="group-open:rotate-180" />
      </summary>
      <div className="grid gap-0.5 pt-1 pb-1">
        {why.decision && (
          <p>
            {t.inbox.whyDecision[why.decision] ?? why.decision}
            {why.question && `: “${why.question}”`}
          </p>
        )}
        {facts.length > 0 && <p className="text-muted">{facts.join(' · ')}</p>}
        {why.thresholds && (
          <p className="text-muted">
            {t.inbox.whyThresholds(why.thresholds.answer.toFixed(2), why.thresholds.choices.toFixed(2))}
          </p>
        )}
        {why.thresholds && why.thresholds.shift !== 0 && (
          <p className="text-muted">{t.inbox.whyShift(why.thresholds.shift.toFixed(2))}</p>
        )}
        {rivals.length > 0 && (
          <p className="text-muted">
            {t.inbox.whyWeighed(
              rivals
                .slice(0, 3)
                .map(one => `“${one.question ?? t.inbox.whyRemoved}” ${one.score.toFixed(2)}`)
                .join(', '),
            )}
          </p>
        )}
        {why.matched.length > 0 && <p className="text-muted">{t.bench.matched(why.matched.join(', '))}</p>}
        {why.language && (
          <p className="text-muted">
            {why.language === 'pcm' ? pages.faq.inPidgin(why.told.join(', ')) : pages.faq.inEnglish}
          </p>
        )}
        {why.revision && <p className="text-muted">{t.inbox.whyRevision(why.revision)}</p>}
        {why.faqId && (
          <Link
            to="/faqs/$id"
            params={{ id: why.faqId }}
            className="inline-flex min-h-11 items-center font-medium text-accent underline underline-offset-4"
          >
            {t.inbox.fix}
          </Link>
        )}
      </div>
    </details>
  )
}
