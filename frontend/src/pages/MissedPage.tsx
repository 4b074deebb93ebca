import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { client, read } from '../api/client'
import { dismissedQuery, faqsQuery, unansweredQuery } from '../api/queries'
import type { SuggestedAnswer, UnansweredCluster } from '../api/types'
import { Clash } from '../components/Clash'
import { faqTitle } from '../components/faq-title'
import { canLead, useMe, useWorkspace } from '../components/workspace'
import { showPhone } from '../lib/phone'
import { day } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'
import { SelectField, TextArea } from '../ui/Field'
import { Page } from '../ui/Page'

/** What customers asked in vain: answer it once, teach an FAQ, or say that it is not for the bot. */
export function MissedPage() {
  return <MissedList {...useSearch({ from: '/inside/shell/missed' })} />
}

/** Answer names the question that is being answered already. */
export function MissedList({ answer }: { answer?: string }) {
  const missed = useQuery(unansweredQuery)
  const lead = canLead(useMe().user.role)
  return (
    <Page title={pages.missed.title} help={pages.missed.help}>
      <Card flush>
        {missed.isPending && <Skeleton rows={5} />}
        {missed.error && !missed.data && (
          <Problem error={missed.error} onRetry={() => void missed.refetch()} className="m-4" />
        )}
        {missed.data?.length === 0 && <Empty title={t.home.noMissed} />}
        <ul className="divide-y divide-line">
          {missed.data?.map(cluster => (
            <li key={cluster.id} className="grid gap-3 p-4">
              <Cluster cluster={cluster} lead={lead} opened={lead && cluster.id === answer} />
            </li>
          ))}
        </ul>
      </Card>
      {lead && <Dismissed />}
    </Page>
  )
}

type Way = 'answer' | 'teach'

function Cluster({ cluster, lead, opened }: { cluster: UnansweredCluster; lead: boolean; opened: boolean }) {
  const [way, setWay] = useState<Way | undefined>(opened ? 'answer' : undefined)
  const dismiss = useLesson((id: string) =>
    read(client.POST('/api/unanswered/{id}/dismiss', { params: { path: { id } } })),
  )
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <h2 className="text-16">“{cluster.question}”</h2>
        <span className="text-14 text-muted">{t.home.people(cluster.people)}</span>
      </div>
      {cluster.examples.length > 1 && (
        <p className="text-14 text-muted">
          {pages.missed.also(
            cluster.examples
              .slice(1)
              .map(one => `“${one}”`)
              .join(', '),
          )}
        </p>
      )}
      {cluster.suggestedAnswer && !way && (
        <p className="line-clamp-2 text-14 text-human">
          {pages.missed.youReplied} “{cluster.suggestedAnswer.text}”
        </p>
      )}
      {lead && !way && (
        <div className="flex flex-wrap gap-2">
          <Button kind="primary" onClick={() => setWay('answer')}>
            {t.home.answer}
          </Button>
          <Button onClick={() => setWay('teach')}>{pages.missed.teach}</Button>
          <Button kind="quiet" busy={dismiss.isPending} onClick={() => dismiss.mutate(cluster.id)}>
            {pages.missed.dismiss}
          </Button>
        </div>
      )}
      <Problem error={dismiss.error} />
      {way === 'answer' && <Answer cluster={cluster} onClose={() => setWay(undefined)} />}
      {way === 'teach' && <Teach cluster={cluster} onClose={() => setWay(undefined)} />}
    </>
  )
}

/** A lesson changes the questions and the FAQs. */
function useLesson<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['unanswered'] })
      void queries.invalidateQueries({ queryKey: ['faqs'] })
    },
  })
}

type Assignment = { faqId?: string; answer?: string; force?: boolean }

function useAssign(id: string) {
  return useLesson((body: Assignment) =>
    read(client.POST('/api/unanswered/{id}/assign', { params: { path: { id } }, body })),
  )
}

type Form = { cluster: UnansweredCluster; onClose: () => void }

/** What a person replied to a customer is written in already; it answers nobody else before it is saved. */
function Answer({ cluster, onClose }: Form) {
  const replied = cluster.suggestedAnswer
  const [answer, setAnswer] = useState(replied?.text ?? '')
  const assign = useAssign(cluster.id)
  return (
    <form
      className="grid gap-3"
      onSubmit={event => {
        event.preventDefault()
        if (answer.trim()) assign.mutate({ answer: answer.trim() })
      }}
    >
      <TextArea
        label={t.faqs.answer}
        help={pages.missed.answerHelp}
        autoFocus
        maxLength={4096}
        rows={replied ? 4 : undefined}
        value={answer}
        onChange={event => setAnswer(event.target.value)}
      />
      {replied && <Replied reply={replied} answer={answer} />}
      <Clash
        error={assign.error}
        anyway={pages.missed.anyway}
        onForce={() => assign.mutate({ answer: answer.trim(), force: true })}
      />
      <Buttons busy={assign.isPending} disabled={!answer.trim()} label={pages.missed.make} onClose={onClose} />
    </form>
  )
}

/** Whose words they were, and what in them may not be for everybody. */
function Replied({ reply, answer }: { reply: SuggestedAnswer; answer: string }) {
  const { timezone } = useWorkspace()
  const { name, phone } = reply.customer
  const personal = reply.personal.filter(part => answer.includes(part)).map(part => `“${part}”`)
  return (
    <div className="grid gap-1 text-14 text-muted">
      <p>
        {pages.missed.replied(name || showPhone(phone) || pages.missed.aCustomer, day(reply.at, timezone))}
        {reply.different > 1 && ` ${pages.missed.different(reply.different)}`}
      </p>
      {personal.length > 0 && (
        <p role="status" className="text-warn">
          {pages.missed.personal(personal.join(', '))}
        </p>
      )}
    </div>
  )
}

function Teach({ cluster, onClose }: Form) {
  const faqs = useQuery(faqsQuery).data
  const [chosen, setFaqId] = useState('')
  const assign = useAssign(cluster.id)
  const faqId = chosen || faqs?.[0]?.id || ''
  return (
    <form
      className="grid gap-3"
      onSubmit={event => {
        event.preventDefault()
        if (faqId) assign.mutate({ faqId })
      }}
    >
      <SelectField
        label={pages.missed.which}
        help={pages.missed.teachHelp}
        value={faqId}
        onChange={event => setFaqId(event.target.value)}
      >
        {faqs?.map(faq => (
          <option key={faq.id} value={faq.id}>
            #{faq.number} {faqTitle(faq)}
          </option>
        ))}
      </SelectField>
      <Clash error={assign.error} anyway={pages.missed.anyway} onForce={() => assign.mutate({ faqId, force: true })} />
      <Buttons busy={assign.isPending} disabled={!faqId} label={pages.missed.teach} onClose={onClose} />
    </form>
  )
}

function Buttons({
  busy,
  disabled,
  label,
  onClose,
}: {
  busy: boolean
  disabled: boolean
  label: string
  onClose: () => void
}) {
  return (
    <div className="flex gap-2">
      <Button kind="primary" type="submit" busy={busy} disabled={disabled}>
        {label}
      </Button>
      <Button kind="quiet" onClick={onClose}>
        {t.cancel}
      </Button>
    </div>
  )
}

function Dismissed() {
  const dismissed = useQuery(dismissedQuery).data
  const restore = useLesson((id: string) =>
    read(client.POST('/api/unanswered/{id}/restore', { params: { path: { id } } })),
  )
  if (!dismissed?.length) return null
  return (
    <Card title={pages.missed.notForBot}>
      <div className="grid gap-2">
        <p className="text-14 text-muted">{pages.missed.notForBotHelp}</p>
        <Problem error={restore.error} />
        <ul className="grid gap-1">
          {dismissed.map(one => (
            <li key={one.id} className="flex items-center justify-between gap-3">
              <span className="min-w-0">{one.question ? `“${one.question}”` : t.inbox.forgotten}</span>
              <Button kind="quiet" busy={restore.isPending} onClick={() => restore.mutate(one.id)}>
                {pages.missed.undo}
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  )
}
