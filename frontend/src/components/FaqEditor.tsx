import { Bold, Italic, Plus, Strikethrough, X } from 'lucide-react'
import { type FormEvent, useRef, useState } from 'react'
import { ApiProblem } from '../api/problem'
import type { Faq } from '../api/types'
import { clock } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Dialog } from '../ui/Dialog'
import { Switch, TextArea, TextField } from '../ui/Field'
import { Clash } from './Clash'
import { gapIn } from './faq-starters'
import { WhatsAppText } from './WhatsAppText'
import { useWorkspace } from './workspace'

export type FaqValues = {
  questions: string[]
  answer: string
  /** For who asks in Pidgin; empty for none. */
  pidginAnswer: string
  enabled: boolean
  onlyWhenSure: boolean
}

type Props = {
  faq?: Faq
  /** For a new one: what a customer asked. */
  question?: string
  busy: boolean
  error: unknown
  savedAt?: string
  /** Anyway: though a wording is nearer to another FAQ, or saved tests fail. */
  onSave: (values: FaqValues, anyway?: boolean) => void
  onRemove?: () => void
  /** After a refusal: leaves everything as it is. */
  onBack?: () => void
}

type Problems = { question?: string; answer?: string; pidginAnswer?: string }

const soft = 1_000
const long = 400

/** Question, other wordings, answer: what the bot matches and what it says. */
export function FaqEditor({ faq, question = '', busy, error, savedAt, onSave, onRemove, onBack }: Props) {
  const { timezone } = useWorkspace()
  const [values, setValues] = useState<FaqValues>(() => valuesOf(faq, question))
  const [tried, setTried] = useState(false)
  const [removing, setRemoving] = useState(false)
  const change = (next: Partial<FaqValues>) => setValues(now => ({ ...now, ...next }))
  const problems = problemsOf(values)
  const refused = error instanceof ApiProblem ? error.fields : {}
  const [first = '', ...others] = values.questions
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!problems.question && !problems.answer && !problems.pidginAnswer) onSave(trimmed(values))
  }
  return (
    <Card>
      <form noValidate onSubmit={submit} className="grid gap-5">
        <TextField
          label={t.faqs.question}
          help={t.faqs.questionHelp}
          error={(tried && problems.question) || refused.questions}
          maxLength={300}
          value={first}
          onChange={event => change({ questions: [event.target.value, ...others] })}
        />
        <Wordings others={others} first={first} onChange={next => change({ questions: [first, ...next] })} />
        <AnswerField
          value={values.answer}
          error={(tried && problems.answer) || refused.answer}
          onChange={answer => change({ answer })}
        />
        <details open={!!faq?.pidginAnswer || !!refused.pidginAnswer}>
          <summary className="inline-flex min-h-11 items-center font-medium text-accent">
            {faq?.pidginAnswer ? pages.faq.changePidgin : pages.faq.pidgin}
          </summary>
          <div className="grid gap-2 pt-2">
            <p className="text-14 text-muted">{pages.faq.pidginHelp}</p>
            <AnswerField
              label={pages.faq.pidginAnswer}
              value={values.pidginAnswer}
              error={(tried && problems.pidginAnswer) || refused.pidginAnswer}
              onChange={pidginAnswer => change({ pidginAnswer })}
            />
          </div>
        </details>
        <div className="grid gap-1">
          <div>
            <Switch label={t.faqs.live} on={values.enabled} onChange={enabled => change({ enabled })} />
          </div>
          <label className="flex min-h-11 items-start gap-3 py-2">
            <input
              type="checkbox"
              checked={values.onlyWhenSure}
              onChange={event => change({ onlyWhenSure: event.target.checked })}
              className="mt-0.5"
            />
            <span className="grid">
              <span className="font-medium">{t.faqs.sure}</span>
              <span className="text-14 text-muted">{t.faqs.sureHelp}</span>
            </span>
          </label>
        </div>
        <Clash
          error={refused.questions || refused.answer || refused.pidginAnswer ? null : error}
          anyway={pages.faq.anyway}
          onForce={() => onSave(trimmed(values), true)}
          onBack={onBack}
        />
        <div className="flex flex-wrap items-center gap-2">
          <Button kind="primary" type="submit" busy={busy} className="min-w-28">
            {busy ? t.faqs.saving : t.faqs.save}
          </Button>
          <span role="status" className="text-muted">
            {savedAt && !busy && same(values, faq) && t.faqs.saved(clock(savedAt, timezone))}
          </span>
          {onRemove && (
            <Button kind="quiet" className="ml-auto text-danger" disabled={busy} onClick={() => setRemoving(true)}>
              {t.faqs.remove}
            </Button>
          )}
        </div>
      </form>
      {removing && onRemove && <RemoveDialog onClose={() => setRemoving(false)} onConfirm={onRemove} />}
    </Card>
  )
}

function valuesOf(faq: Faq | undefined, question: string): FaqValues {
  if (!faq) return { questions: [question], answer: '', pidginAnswer: '', enabled: true, onlyWhenSure: false }
  const { questions, answer, pidginAnswer, enabled, onlyWhenSure } = faq
  return { questions, answer, pidginAnswer: pidginAnswer ?? '', enabled, onlyWhenSure }
}

function trimmed(values: FaqValues): FaqValues {
  const { questions, answer, pidginAnswer } = values
  return {
    ...values,
    questions: questions.map(one => one.trim()).filter(Boolean),
    answer: answer.trim(),
    pidginAnswer: pidginAnswer.trim(),
  }
}

function same(values: FaqValues, faq: Faq | undefined): boolean {
  return !!faq && JSON.stringify(trimmed(values)) === JSON.stringify(valuesOf(faq, ''))
}

function problemsOf({ questions, answer, pidginAnswer, enabled }: FaqValues): Problems {
  const pidginGap = enabled && gapIn(pidginAnswer)
  const gap = enabled && (gapIn(answer) ?? gapIn(questions.join(' ')))
  return {
    question: questions[0]?.trim() ? undefined : t.faqs.needQuestion,
    answer: !answer.trim() ? t.faqs.needAnswer : gap ? t.faqs.gap(gap) : undefined,
    pidginAnswer: pidginGap ? t.faqs.gap(pidginGap) : undefined,
  }
}

/** Two wordings are the same when only case, spaces or punctuation differ. */
const plain = (text: string) =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

type WordingsProps = { first: string; others: string[]; onChange: (others: string[]) => void }

function Wordings({ first, others, onChange }: WordingsProps) {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const add = () => {
    const wording = text.trim()
    if (!wording) return
    const twice = [first, ...others].some(other => plain(other) === plain(wording))
    const refusal = twice ? t.faqs.duplicate : others.length >= 19 ? t.faqs.tooMany : ''
    setProblem(refusal)
    if (refusal) return
    onChange([...others, wording])
    setText('')
  }
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-medium">{t.faqs.others}</legend>
      {others.length > 0 && (
        <ul className="flex flex-wrap gap-2">
          {others.map(wording => (
            <li key={wording} className="inline-flex min-h-11 items-center rounded-control bg-sunken pl-3">
              {wording}
              <button
                type="button"
                aria-label={t.faqs.removeWay(wording)}
                onClick={() => onChange(others.filter(other => other !== wording))}
                className="grid size-11 flex-none place-items-center text-muted hover:text-ink"
              >
                <X aria-hidden size={18} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2">
        <input
          aria-label={t.faqs.newWay}
          aria-invalid={problem ? true : undefined}
          placeholder={t.bench.placeholder}
          maxLength={300}
          value={text}
          onChange={event => setText(event.target.value)}
          onKeyDown={event => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add()
          }}
          className="field min-w-0 flex-1 basis-48"
        />
        <Button onClick={add} className="flex-none">
          <Plus aria-hidden size={18} /> {t.faqs.addWay}
        </Button>
      </div>
      {problem && (
        <p role="alert" className="text-14 text-danger">
          {problem}
        </p>
      )}
      <p className="text-14 text-muted">{t.faqs.othersHelp}</p>
    </fieldset>
  )
}

const MARKS = [
  { mark: '*', label: t.faqs.bold, icon: Bold },
  { mark: '_', label: t.faqs.italic, icon: Italic },
  { mark: '~', label: t.faqs.strike, icon: Strikethrough },
]

type AnswerProps = { label?: string; value: string; error?: string; onChange: (answer: string) => void }

function AnswerField({ label = t.faqs.answer, value, error, onChange }: AnswerProps) {
  const frame = useRef<HTMLDivElement>(null)
  const wrap = (mark: string) => {
    const area = frame.current?.querySelector('textarea')
    if (!area) return
    const { selectionStart: from, selectionEnd: to } = area
    onChange(value.slice(0, from) + mark + value.slice(from, to) + mark + value.slice(to))
    area.focus()
  }
  return (
    <div ref={frame} className="grid gap-2">
      <TextArea
        label={label}
        help={value.length > long ? t.faqs.long : undefined}
        error={error}
        rows={5}
        maxLength={4096}
        value={value}
        onChange={event => onChange(event.target.value)}
        aside={
          <span className="flex items-center">
            <span className={`px-2 text-14 ${value.length > soft ? 'text-warn' : 'text-muted'}`}>
              {t.faqs.length(value.length, soft)}
            </span>
            {MARKS.map(({ mark, label, icon: Icon }) => (
              <button
                key={mark}
                type="button"
                aria-label={label}
                onClick={() => wrap(mark)}
                className="grid size-11 place-items-center rounded-control text-muted hover:bg-sunken hover:text-ink"
              >
                <Icon aria-hidden size={18} />
              </button>
            ))}
          </span>
        }
      />
      {value.trim() && (
        <div className="grid gap-1">
          <p className="text-14 text-muted">{t.faqs.preview}</p>
          <p className="mr-auto max-w-[90%] rounded-card bg-bot-bubble px-3 py-2">
            <WhatsAppText text={value} />
          </p>
        </div>
      )}
    </div>
  )
}

function RemoveDialog({ onClose, onConfirm }: { onClose: () => void; onConfirm: () => void }) {
  return (
    <Dialog
      title={t.faqs.removeTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t.faqs.keep}</Button>
          <Button
            kind="danger"
            onClick={() => {
              onClose()
              onConfirm()
            }}
          >
            {t.faqs.remove}
          </Button>
        </>
      }
    >
      <p>{t.faqs.removeText}</p>
    </Dialog>
  )
}
