import { useMutation } from '@tanstack/react-query'
import { Bot, CircleCheck, CircleHelp, MoonStar, UserRound } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { client, read } from '../api/client'
import type { BotDecision, FaqTestResult } from '../api/types'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Problem } from '../ui/Feedback'
import { TextField } from '../ui/Field'
import { WhatsAppText } from './WhatsAppText'

/** What can be done with a verdict. */
type After = (asked: string, result: FaqTestResult) => ReactNode

/** Ask the bot as a customer would; the server's own matcher answers, and nothing is sent. */
export function TestBench({ unsaved, after }: { unsaved?: boolean; after?: After }) {
  const [text, setText] = useState('')
  const test = useMutation({
    mutationFn: (asked: string) => read(client.POST('/api/faqs/test', { body: { text: asked } })),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim()) test.mutate(text.trim())
  }
  return (
    <Card title={t.bench.title}>
      <div className="grid gap-4">
        <form onSubmit={submit} className="grid gap-3">
          <TextField
            label={t.bench.field}
            help={unsaved ? t.bench.unsaved : t.bench.help}
            placeholder={t.bench.placeholder}
            value={text}
            maxLength={2000}
            onChange={event => setText(event.target.value)}
            autoComplete="off"
            enterKeyHint="send"
          />
          <Button type="submit" busy={test.isPending} disabled={!text.trim()}>
            {t.bench.run}
          </Button>
        </form>
        <Problem error={test.error} />
        <div aria-live="polite">{test.data && <Verdict asked={test.variables ?? ''} result={test.data} />}</div>
        {test.data && after?.(test.variables ?? '', test.data)}
      </div>
    </Card>
  )
}

const LOOK: Record<BotDecision, { icon: typeof Bot; className: string }> = {
  answer: { icon: CircleCheck, className: 'text-accent' },
  choices: { icon: CircleHelp, className: 'text-warn' },
  fallback: { icon: UserRound, className: 'text-human' },
  greeting: { icon: Bot, className: 'text-accent' },
  away: { icon: MoonStar, className: 'text-human' },
  command: { icon: Bot, className: 'text-info' },
  silence: { icon: MoonStar, className: 'text-muted' },
}

function Verdict({ asked, result }: { asked: string; result: FaqTestResult }) {
  const { icon: Icon, className } = LOOK[result.decision]
  const [best, ...others] = result.candidates
  const scored = result.decision === 'answer' || result.decision === 'choices' || best
  return (
    <div className="appear grid gap-2">
      <p className="ml-auto max-w-[85%] rounded-card bg-sunken px-3 py-2">{asked}</p>
      {result.reply && (
        <p className="mr-auto flex max-w-[90%] gap-2 rounded-card bg-bot-bubble px-3 py-2">
          <Bot aria-label={t.inbox.author.bot} size={18} className="mt-0.5 flex-none text-accent" />
          <WhatsAppText text={result.reply} />
        </p>
      )}
      <p className={`flex items-start gap-2 font-medium ${className}`}>
        <Icon aria-hidden size={20} className="mt-0.5 flex-none" />
        <span>
          {t.bench.verdict[result.decision]}{' '}
          {scored && (
            <span className="font-normal text-muted">
              · {result.confidence.toFixed(2)} · {t.bench.margin(result.margin.toFixed(2))}
            </span>
          )}
        </span>
      </p>
      <div className="grid gap-0.5 text-14 text-muted">
        <p>{result.why}</p>
        {others.slice(0, 2).map(other => (
          <p key={other.faqId}>{t.bench.next(other.question, other.score.toFixed(2))}</p>
        ))}
        {best && best.matched.length > 0 && <p>{t.bench.matched(best.matched.join(', '))}</p>}
        {result.thresholds && (
          <p>{t.inbox.whyThresholds(result.thresholds.answer.toFixed(2), result.thresholds.choices.toFixed(2))}</p>
        )}
        {result.thresholds && result.thresholds.shift !== 0 && (
          <p>{t.inbox.whyShift(result.thresholds.shift.toFixed(2))}</p>
        )}
        {result.language && (
          <p>{result.language === 'pcm' ? pages.faq.inPidgin(result.told.join(', ')) : pages.faq.inEnglish}</p>
        )}
        {result.revision && <p>{t.inbox.whyRevision(result.revision)}</p>}
        {!result.reply && <p>{t.bench.noReply}</p>}
      </div>
    </div>
  )
}
