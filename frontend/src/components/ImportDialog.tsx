import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, read } from '../api/client'
import { faqsQuery } from '../api/queries'
import type { FaqDraft } from '../api/types'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { TextArea } from '../ui/Field'
import { Clash } from './Clash'
import { gapIn } from './faq-starters'

type Row = FaqDraft & { key: number; on: boolean }

/** Pasted text becomes drafts; what is ticked becomes FAQs. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const [text, setText] = useState('')
  const [rows, setRows] = useState<Row[]>()
  const reading = useMutation({
    mutationFn: () => read(client.POST('/api/faqs/import', { body: { text } })),
    onSuccess: ({ drafts }) => setRows(drafts.map((draft, key) => ({ ...draft, key, on: !gapIn(draft.answer) }))),
  })
  const chosen = rows?.filter(row => row.on) ?? []
  const saving = useMutation({
    mutationFn: async (anyway: boolean) => {
      for (const { key, questions, answer, pidginAnswer } of chosen) {
        const body = { questions, answer, pidginAnswer: pidginAnswer ?? undefined }
        await read(client.POST('/api/faqs', { body: anyway ? { ...body, refuseClash: false } : body }))
        setRows(now => now?.filter(row => row.key !== key))
      }
    },
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: faqsQuery.queryKey }),
  })
  const toggle = (key: number) => setRows(rows?.map(row => (row.key === key ? { ...row, on: !row.on } : row)))
  return (
    <Dialog
      title={t.faqs.importTitle}
      onClose={onClose}
      actions={
        rows?.length ? (
          <Button
            kind="primary"
            disabled={chosen.length === 0}
            busy={saving.isPending}
            onClick={() => saving.mutate(false)}
          >
            {t.faqs.importSave(chosen.length)}
          </Button>
        ) : (
          <Button kind="primary" disabled={!text.trim()} busy={reading.isPending} onClick={() => reading.mutate()}>
            {t.faqs.importRead}
          </Button>
        )
      }
    >
      {!rows?.length && (
        <TextArea
          label={t.faqs.importField}
          help={t.faqs.importHelp}
          rows={8}
          maxLength={100_000}
          value={text}
          onChange={event => setText(event.target.value)}
        />
      )}
      {rows?.length === 0 && !saving.isSuccess && <p role="status">{t.faqs.importNone}</p>}
      <ul className="grid max-h-96 gap-3 overflow-auto">
        {rows?.map(row => {
          const gap = gapIn(row.answer)
          return (
            <li key={row.key}>
              <label className="flex items-start gap-3">
                <input
                  type="checkbox"
                  checked={row.on}
                  disabled={!!gap}
                  onChange={() => toggle(row.key)}
                  className="mt-0.5"
                />
                <span className="grid">
                  <span className="font-medium">{row.questions[0]}</span>
                  <span className="text-muted">{row.answer}</span>
                  {row.pidginAnswer && <span className="text-muted">{row.pidginAnswer}</span>}
                  {gap && <span className="text-14 text-warn">{t.welcome.fillIn(gap)}</span>}
                </span>
              </label>
            </li>
          )
        })}
      </ul>
      <Clash
        error={reading.error ?? saving.error}
        anyway={pages.faq.anyway}
        onForce={() => saving.mutate(true)}
        onBack={saving.reset}
      />
    </Dialog>
  )
}
