import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Pencil, Plus } from 'lucide-react'
import { useState } from 'react'
import { client, read } from '../../api/client'
import { faqsQuery } from '../../api/queries'
import { gapIn, trades } from '../../components/faq-starters'
import { useWorkspace } from '../../components/workspace'
import { useDraft } from '../../lib/hooks'
import { t } from '../../text/messages.en'
import { Button } from '../../ui/Button'
import { Problem } from '../../ui/Feedback'
import { TextArea, TextField } from '../../ui/Field'
import { StepFooter, StepTitle } from './parts'

type Draft = { key: string; questions: string[]; answer: string; on: boolean }
type Drafts = { trade: string; rows: Draft[] }

const empty: Drafts = { trade: '', rows: [] }

/** A draft may go live when nothing in it is left to fill in. */
const ready = (draft: Draft) =>
  !!draft.questions[0]?.trim() && !!draft.answer.trim() && !gapIn(draft.answer) && !gapIn(draft.questions.join(' '))

/** Step 3: the first answers. Drafts live on this device until they are saved. */
export function FaqsStep({ busy, onBack, onNext }: { busy: boolean; onBack: () => void; onNext: () => void }) {
  const { id } = useWorkspace()
  const [drafts, setDrafts, dropDrafts] = useDraft<Drafts>(`starters.${id}`, empty)
  const [editing, setEditing] = useState<string>()
  const have = useQuery(faqsQuery).data?.length ?? 0
  const save = useSaveDrafts()
  const chosen = drafts.rows.filter(row => row.on && ready(row))

  const pick = (trade: string) => {
    const own = drafts.rows.filter(row => row.key.startsWith('own'))
    const fresh = trades
      .find(one => one.id === trade)
      ?.drafts.map((draft, n) => ({ ...draft, key: `${trade}-${n}`, on: false }))
    setDrafts({ trade, rows: [...(fresh ?? []), ...own] })
    setEditing(undefined)
  }
  const change = (row: Draft) =>
    setDrafts({ ...drafts, rows: drafts.rows.map(old => (old.key === row.key ? row : old)) })
  const remove = (key: string) => setDrafts({ ...drafts, rows: drafts.rows.filter(row => row.key !== key) })
  const add = () => {
    const key = `own-${Date.now()}`
    setDrafts({ ...drafts, rows: [...drafts.rows, { key, questions: [''], answer: '', on: true }] })
    setEditing(key)
  }
  const finish = () =>
    save.mutate(
      { drafts: chosen, onSaved: remove },
      {
        onSuccess: () => {
          dropDrafts()
          onNext()
        },
      },
    )

  return (
    <>
      <StepTitle title={t.welcome.faqsTitle} help={t.welcome.faqsHelp} />
      {have > 0 && <p className="rounded-control bg-sunken px-3 py-2 text-muted">{t.welcome.already(have)}</p>}
      <fieldset>
        <legend className="sr-only">{t.welcome.trade}</legend>
        <div className="flex flex-wrap gap-2">
          {trades.map(trade => (
            <label
              key={trade.id}
              className="inline-flex min-h-11 items-center rounded-full border border-control bg-surface px-4 font-medium has-checked:border-accent has-checked:bg-accent has-checked:text-on-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
            >
              <input
                type="radio"
                name="trade"
                className="sr-only"
                checked={drafts.trade === trade.id}
                onChange={() => pick(trade.id)}
              />
              {trade.label}
            </label>
          ))}
        </div>
      </fieldset>
      {drafts.rows.length > 0 && (
        <ul className="grid gap-px overflow-hidden rounded-card border border-line bg-line">
          {drafts.rows.map(row => (
            <li key={row.key} className="bg-surface p-3">
              {editing === row.key ? (
                <DraftEditor
                  row={row}
                  onChange={change}
                  onDone={() => setEditing(undefined)}
                  onRemove={() => remove(row.key)}
                />
              ) : (
                <DraftRow
                  row={row}
                  onToggle={() => change({ ...row, on: !row.on })}
                  onEdit={() => setEditing(row.key)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button kind="plain" onClick={add}>
          <Plus aria-hidden size={18} /> {t.welcome.own}
        </Button>
      </div>
      <Problem error={save.error} />
      <StepFooter onBack={onBack}>
        <Button kind={chosen.length > 0 || have > 0 ? 'quiet' : 'plain'} busy={busy} onClick={onNext}>
          {t.welcome.skip}
        </Button>
        {chosen.length > 0 && (
          <Button kind="primary" busy={busy || save.isPending} onClick={finish}>
            {save.isPending ? t.welcome.saving : t.welcome.continueWith(chosen.length)}
          </Button>
        )}
      </StepFooter>
    </>
  )
}

function DraftRow({ row, onToggle, onEdit }: { row: Draft; onToggle: () => void; onEdit: () => void }) {
  const question = row.questions[0] || t.faqs.question
  const gap = gapIn(row.answer)
  const isReady = ready(row)
  return (
    <div className="grid gap-2">
      <div className="flex items-start gap-3">
        <label className="flex min-h-11 min-w-0 flex-1 items-start gap-3 py-1.5">
          <input
            type="checkbox"
            checked={row.on && isReady}
            disabled={!isReady}
            onChange={onToggle}
            className="mt-0.5"
          />
          <span className="grid min-w-0">
            <span className="font-medium">{question}</span>
            <span className="text-muted">{row.answer}</span>
          </span>
        </label>
        {!gap && (
          <Button kind="quiet" aria-label={`${t.welcome.edit}: ${question}`} onClick={onEdit} className="px-3">
            <Pencil aria-hidden size={18} />
          </Button>
        )}
      </div>
      {gap && (
        <Button kind="plain" onClick={onEdit} className="ml-8 justify-self-start text-14">
          <Pencil aria-hidden size={16} /> {t.welcome.fill(gap)}
        </Button>
      )}
    </div>
  )
}

type EditorProps = { row: Draft; onChange: (row: Draft) => void; onDone: () => void; onRemove: () => void }

function DraftEditor({ row, onChange, onDone, onRemove }: EditorProps) {
  const gap = gapIn(row.answer)
  const write = (next: Partial<Draft>) => {
    const changed = { ...row, ...next }
    onChange({ ...changed, on: ready(changed) })
  }
  return (
    <div className="grid gap-3">
      <TextField
        label={t.faqs.question}
        autoFocus={!row.questions[0]}
        maxLength={300}
        value={row.questions[0] ?? ''}
        onChange={event => write({ questions: [event.target.value, ...row.questions.slice(1)] })}
      />
      <TextArea
        label={t.faqs.answer}
        autoFocus={!!row.questions[0]}
        maxLength={4096}
        error={gap && t.welcome.fillIn(gap)}
        value={row.answer}
        onChange={event => write({ answer: event.target.value })}
      />
      <div className="flex justify-end gap-2">
        <Button kind="quiet" onClick={onRemove}>
          {t.welcome.removeDraft}
        </Button>
        <Button kind="plain" onClick={onDone}>
          {t.welcome.done}
        </Button>
      </div>
    </div>
  )
}

type Saving = { drafts: Draft[]; onSaved: (key: string) => void }

/** One after the other; what is saved leaves the drafts, so that trying again saves nothing twice. */
function useSaveDrafts() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ drafts, onSaved }: Saving) => {
      for (const { key, questions, answer } of drafts) {
        const body = { questions: questions.map(one => one.trim()).filter(Boolean), answer: answer.trim() }
        await read(client.POST('/api/faqs', { body }))
        onSaved(key)
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: faqsQuery.queryKey }),
  })
}
