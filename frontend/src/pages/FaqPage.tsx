import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { client, read } from '../api/client'
import { faqQuery, faqsQuery } from '../api/queries'
import type { Faq } from '../api/types'
import { Clash } from '../components/Clash'
import { FaqEditor, type FaqValues } from '../components/FaqEditor'
import { faqTitle } from '../components/faq-title'
import { MenuPin } from '../components/MenuPin'
import { SavedTests, SaveTest, testsQuery } from '../components/SavedTests'
import { TestBench } from '../components/TestBench'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Problem, Skeleton } from '../ui/Feedback'
import { Page } from '../ui/Page'

/** A new FAQ; a question the bot missed may already be written in. */
export function NewFaqPage() {
  const navigate = useNavigate()
  const { question } = useSearch({ from: '/inside/shell/faqs/new' })
  const store = useStoreFaq()
  const add = useMutation({
    mutationFn: (body: FaqValues & { refuseClash: boolean }) => read(client.POST('/api/faqs', { body })),
    onSuccess: faq => {
      store(faq)
      void navigate({ to: '/faqs/$id', params: { id: faq.id }, replace: true })
    },
  })
  return (
    <Frame title={t.faqs.newTitle} unsaved>
      <FaqEditor
        question={question}
        busy={add.isPending}
        error={add.error}
        onSave={(values, anyway) => add.mutate({ ...values, refuseClash: !anyway })}
        onBack={add.reset}
      />
    </Frame>
  )
}

/** One FAQ: change it, try it, take it away. */
export function FaqPage() {
  const { id } = useParams({ from: '/inside/shell/faqs/$id' })
  const faq = useQuery(faqQuery(id))
  return (
    <Frame title={faq.data ? faqTitle(faq.data) : t.faqs.title} faq={faq.data}>
      {faq.isPending && <Skeleton rows={6} />}
      {faq.error && !faq.data && <Problem error={faq.error} onRetry={() => void faq.refetch()} />}
      {faq.data && <Existing key={faq.data.id} faq={faq.data} />}
    </Frame>
  )
}

function Existing({ faq }: { faq: Faq }) {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const store = useStoreFaq()
  const path = { path: { id: faq.id } }
  const change = useMutation({
    mutationFn: (body: FaqValues & { refuseClash: boolean }) =>
      read(client.PATCH('/api/faqs/{id}', { params: path, body: { ...body, revision: faq.revision } })),
    onSuccess: store,
  })
  const remove = useMutation({
    mutationFn: (anyway: boolean) =>
      read(client.DELETE('/api/faqs/{id}', { params: { ...path, query: anyway ? { refuseClash: false } : {} } })),
    onSuccess: async () => {
      await navigate({ to: '/faqs', replace: true })
      queries.removeQueries({ queryKey: faqQuery(faq.id).queryKey })
      void queries.invalidateQueries({ queryKey: faqsQuery.queryKey })
    },
  })
  return (
    <div className="grid gap-4">
      <FaqEditor
        faq={faq}
        busy={change.isPending || remove.isPending}
        error={change.error}
        savedAt={change.isSuccess ? change.data.updatedAt : undefined}
        onSave={(values, anyway) => {
          remove.reset()
          change.mutate({ ...values, refuseClash: !anyway })
        }}
        onRemove={() => remove.mutate(false)}
        onBack={change.reset}
      />
      <Clash
        error={remove.error}
        anyway={pages.faq.deleteAnyway}
        onForce={() => remove.mutate(true)}
        onBack={remove.reset}
      />
      <SavedTests faq={faq} />
      <MenuPin id={faq.id} />
    </div>
  )
}

/** What the server answered is shown at once; the list is read again, and the saved tests are run on it. */
function useStoreFaq() {
  const queries = useQueryClient()
  return (faq: Faq) => {
    queries.setQueryData(faqQuery(faq.id).queryKey, faq)
    void queries.invalidateQueries({ queryKey: faqsQuery.queryKey, exact: true })
    void queries.invalidateQueries({ queryKey: testsQuery.queryKey })
  }
}

type FrameProps = { title: string; unsaved?: boolean; faq?: Faq; children: React.ReactNode }

function Frame({ title, unsaved, faq, children }: FrameProps) {
  return (
    <Page wide title={title}>
      <div className="grid items-start gap-4 lg:grid-cols-[1fr_22rem]">
        {children}
        <TestBench
          unsaved={unsaved}
          after={faq && ((asked, result) => <SaveTest of={faq} asked={asked} result={result} />)}
        />
      </div>
    </Page>
  )
}
