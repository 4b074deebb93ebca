import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ClipboardPaste, Plus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { faqsQuery, unansweredQuery } from '../api/queries'
import type { Faq } from '../api/types'
import { faqTitle } from '../components/faq-title'
import { FailingTests, SaveTest } from '../components/SavedTests'
import { TestBench } from '../components/TestBench'
import { count } from '../lib/numbers'
import { t } from '../text/messages.en'
import { Button, buttonClass } from '../ui/Button'
import { Card } from '../ui/Card'
import { Empty, Problem, Skeleton } from '../ui/Feedback'
import { Lamp } from '../ui/Lamp'
import { Page } from '../ui/Page'

const ImportDialog = lazy(() => import('../components/ImportDialog').then(m => ({ default: m.ImportDialog })))

/** Everything the bot knows, with the bench to try it. */
export function FaqsPage() {
  const navigate = useNavigate()
  const [search, setSearch] = useState('')
  const [importing, setImporting] = useState(false)
  const faqs = useQuery(faqsQuery)
  const shown = faqs.data?.filter(faq => contains(faq, search))
  return (
    <Page
      wide
      title={t.faqs.title}
      heading={faqs.data ? t.faqs.count(faqs.data.length) : t.faqs.title}
      aside={
        <div className="flex flex-wrap gap-2">
          <Button kind="plain" onClick={() => setImporting(true)}>
            <ClipboardPaste aria-hidden size={18} /> {t.faqs.import}
          </Button>
          <Button kind="primary" onClick={() => void navigate({ to: '/faqs/new' })}>
            <Plus aria-hidden size={18} /> {t.faqs.add}
          </Button>
        </div>
      }
    >
      <div className="grid items-start gap-4 lg:grid-cols-[1fr_22rem]">
        <Card flush>
          {!!faqs.data?.length && (
            <div className="border-b border-line p-3">
              <input
                type="search"
                aria-label={t.faqs.search}
                placeholder={t.faqs.search}
                value={search}
                onChange={event => setSearch(event.target.value)}
                className="field"
              />
            </div>
          )}
          {faqs.isPending && <Skeleton rows={5} />}
          {faqs.error && !faqs.data && (
            <Problem error={faqs.error} onRetry={() => void faqs.refetch()} className="m-4" />
          )}
          {faqs.data?.length === 0 && (
            <Empty title={t.faqs.empty}>
              <p>{t.faqs.emptyHelp}</p>
              <a href="/welcome" className={buttonClass('plain')}>
                {t.faqs.examples}
              </a>
            </Empty>
          )}
          {!!faqs.data?.length && shown?.length === 0 && <p className="p-4 text-muted">{t.faqs.noMatch}</p>}
          <ul className="divide-y divide-line">
            {shown?.map(faq => (
              <li key={faq.id}>
                <FaqRow faq={faq} />
              </li>
            ))}
          </ul>
        </Card>
        <div className="grid gap-4">
          <TestBench after={(asked, result) => <SaveTest asked={asked} result={result} />} />
          <Missed />
        </div>
      </div>
      {importing && (
        <Suspense>
          <ImportDialog onClose={() => setImporting(false)} />
        </Suspense>
      )}
    </Page>
  )
}

function contains(faq: Faq, search: string): boolean {
  const text = [...faq.questions, faq.answer].join(' ').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word))
}

function FaqRow({ faq }: { faq: Faq }) {
  return (
    <Link to="/faqs/$id" params={{ id: faq.id }} className="flex min-h-16 items-start gap-3 px-4 py-3 hover:bg-sunken">
      <span className="flex h-6 items-center">
        <Lamp tone={faq.enabled ? 'good' : 'neutral'} small />
      </span>
      <span className="grid min-w-0 flex-1">
        <span className="font-medium">
          {faqTitle(faq)} {!faq.enabled && <span className="font-normal text-muted">({t.faqs.off})</span>}
        </span>
        <span className="line-clamp-1 text-muted">{faq.answer}</span>
        <span className="text-14 text-muted">{t.faqs.ways(faq.questions.length)}</span>
        <FailingTests id={faq.id} />
      </span>
      <span className="flex-none text-right text-muted" title={t.faqs.timesLabel(faq.timesAnswered30d)}>
        {t.faqs.times(faq.timesAnswered30d)}
        <span className="sr-only"> {t.faqs.timesLabel(faq.timesAnswered30d)}</span>
      </span>
    </Link>
  )
}

function Missed() {
  const missed = useQuery(unansweredQuery).data
  if (!missed?.length) return null
  return (
    <Card title={`${t.faqs.missed} (${count(missed.length)})`} flush>
      <ul className="divide-y divide-line">
        {missed.slice(0, 8).map(cluster => (
          <li key={cluster.id}>
            <Link to="/missed" className="flex min-h-11 items-center justify-between gap-3 px-4 py-2 hover:bg-sunken">
              <span className="min-w-0">{cluster.question}</span>
              <span className="flex-none text-14 text-muted">{t.home.people(cluster.people)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  )
}
