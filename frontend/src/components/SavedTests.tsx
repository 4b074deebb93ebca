import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, TriangleAlert, X } from 'lucide-react'
import { useState } from 'react'
import { client, read } from '../api/client'
import type { Faq, FaqTestResult } from '../api/types'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Problem } from '../ui/Feedback'
import { canLead, useMe } from './workspace'

/** All saved tests of the workspace, run on the FAQs as they are. They change with the FAQs, and are read again with them. */
export const testsQuery = queryOptions({
  queryKey: ['faqs', 'tests'],
  queryFn: async ({ signal }) => (await read(client.GET('/api/faqs/tests', { signal }))).tests,
})

function useSaveTest(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (text: string) =>
      read(client.POST('/api/faqs/{id}/tests', { params: { path: { id } }, body: { text } })),
    onSuccess: ({ tests }) => queries.setQueryData(testsQuery.queryKey, tests),
  })
}

const same = (a: string, b: string) => a.toLowerCase() === b.replace(/\s+/g, ' ').trim().toLowerCase()

/** Keeps a question that was tried as a test of the FAQ that answered it; on the page of an FAQ, of that one alone. */
export function SaveTest({ of, asked, result }: { of?: Faq; asked: string; result: FaqTestResult }) {
  const lead = canLead(useMe().user.role)
  const tests = useQuery(testsQuery).data
  const id = result.decision === 'answer' ? result.faqId : null
  const save = useSaveTest(id ?? '')
  if (!lead || !tests) return null
  if (!id || (of && of.id !== id)) return of ? <p className="text-14 text-muted">{pages.tests.notYet}</p> : null
  const kept = tests.some(test => test.faqId === id && same(test.text, asked))
  const question = result.candidates.find(one => one.faqId === id)?.question ?? asked
  return (
    <div className="grid gap-2">
      {kept ? (
        <p role="status" className="text-muted">
          {pages.tests.saved}
        </p>
      ) : (
        <Button busy={save.isPending} onClick={() => save.mutate(asked)}>
          {of ? pages.tests.save : pages.tests.saveAs(question)}
        </Button>
      )}
      <Problem error={save.error} />
    </div>
  )
}

/** What must go on being answered with an FAQ. */
export function SavedTests({ faq }: { faq: Faq }) {
  const lead = canLead(useMe().user.role)
  const queries = useQueryClient()
  const tests = useQuery(testsQuery)
  const [removed, setRemoved] = useState('')
  const save = useSaveTest(faq.id)
  const remove = useMutation({
    mutationFn: (test: { id: string; text: string }) =>
      read(client.DELETE('/api/faqs/{id}/tests/{testId}', { params: { path: { id: faq.id, testId: test.id } } })),
    onSuccess: (_, { id, text }) => {
      setRemoved(text)
      queries.setQueryData(testsQuery.queryKey, now => now?.filter(test => test.id !== id))
    },
  })
  const mine = tests.data?.filter(test => test.faqId === faq.id) ?? []
  return (
    <Card title={pages.tests.title}>
      <div className="grid gap-2">
        <p className="text-14 text-muted">{mine.length || !tests.data ? pages.tests.help : pages.tests.none}</p>
        <Problem error={tests.data ? null : tests.error} onRetry={() => void tests.refetch()} />
        <ul className="grid">
          {mine.map(test => (
            <li key={test.id} className="flex min-h-11 items-center gap-2">
              {test.passes ? (
                <CircleCheck aria-label={pages.tests.passes} size={18} className="flex-none text-accent" />
              ) : (
                <TriangleAlert aria-hidden size={18} className="flex-none text-warn" />
              )}
              <span className="min-w-0 flex-1 wrap-anywhere">
                {test.text} {!test.passes && <span className="text-warn">({pages.tests.fails})</span>}
              </span>
              {lead && (
                <button
                  type="button"
                  aria-label={pages.tests.remove(test.text)}
                  disabled={remove.isPending}
                  onClick={() => remove.mutate(test)}
                  className="grid size-11 flex-none place-items-center rounded-control text-muted hover:bg-sunken hover:text-ink"
                >
                  <X aria-hidden size={18} />
                </button>
              )}
            </li>
          ))}
        </ul>
        {removed && (
          <p role="status" className="flex flex-wrap items-center gap-2 text-14 text-muted">
            {pages.tests.removed(removed)}
            <Button
              kind="quiet"
              busy={save.isPending}
              onClick={() => save.mutate(removed, { onSuccess: () => setRemoved('') })}
            >
              {pages.tests.undo}
            </Button>
          </p>
        )}
        <Problem error={remove.error ?? save.error} />
      </div>
    </Card>
  )
}

/** How many saved tests of an FAQ fail, where any does. */
export function FailingTests({ id }: { id: string }) {
  const failing = useQuery(testsQuery).data?.filter(test => test.faqId === id && !test.passes).length
  if (!failing) return null
  return (
    <span className="flex items-center gap-1 text-14 text-warn">
      <TriangleAlert aria-hidden size={16} className="flex-none" />
      {pages.tests.failing(failing)}
    </span>
  )
}
