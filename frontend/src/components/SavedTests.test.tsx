import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Suspense } from 'react'
import { afterEach, expect, it, vi } from 'vitest'
import { faqs, faqTests, me } from '../../dev/mock-data'
import type { Faq, FaqTestResult } from '../api/types'
import { SavedTests, SaveTest } from './SavedTests'

afterEach(() => vi.unstubAllGlobals())

const faq = faqs[0] as Faq
const answered: FaqTestResult = {
  decision: 'answer',
  faqId: faq.id,
  confidence: 0.9,
  margin: 0.4,
  candidates: [{ faqId: faq.id, question: 'How much is delivery?', score: 0.9, matched: [] }],
  reply: '₦1,500',
  why: '',
  revision: 1,
  knowledge: 1,
  thresholds: null,
  language: null,
  told: [],
}

/** Shows it to the owner of a shop, and says what it sends. */
function show(page: React.ReactNode, role = 'owner') {
  const sent: string[] = []
  let tests = [...faqTests]
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname
    const mine = me(new Set())
    if (path === '/api/me') return Response.json({ ...mine, user: { ...mine.user, role } })
    if (request.method === 'POST') {
      const { text } = await request.json()
      sent.push(`POST ${path} ${text}`)
      tests = [
        ...tests,
        { ...faqTests[0], id: 'new', faqId: path.split('/')[3] ?? '', text, passes: true } as (typeof tests)[0],
      ]
      return Response.json({ tests }, { status: 201 })
    }
    if (request.method === 'DELETE') {
      sent.push(`DELETE ${path}`)
      return new Response(null, { status: 204 })
    }
    return Response.json({ tests })
  })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Suspense>{page}</Suspense>
    </QueryClientProvider>,
  )
  return sent
}

it('keeps a question that this FAQ answered, once', async () => {
  const sent = show(<SaveTest of={faq} asked="how much abeg" result={answered} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Always answer this with this FAQ' }))
  expect((await screen.findByRole('status')).textContent).toBe('Saved as a test.')
  expect(screen.queryByRole('button')).toBeNull()
  expect(sent).toEqual([`POST /api/faqs/${faq.id}/tests how much abeg`])
})

it('says what is missing when another FAQ or none answered', async () => {
  show(<SaveTest of={faq} asked="how much abeg" result={{ ...answered, faqId: 'f2' }} />)
  expect((await screen.findByText(/first add it as another way to ask/)).textContent).toBeTruthy()
  expect(screen.queryByRole('button')).toBeNull()
})

it('names the FAQ where all of them are shown', async () => {
  const sent = show(<SaveTest asked="how much abeg" result={{ ...answered }} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Always answer this with “How much is delivery?”' }))
  expect(sent).toHaveLength(1)
})

it('is for who decides how the workspace works', async () => {
  show(<SavedTests faq={faq} />, 'agent')
  await screen.findByText('how much una dey charge')
  expect(screen.queryByRole('button')).toBeNull()
})

it('lists what fails, takes one away, and takes that back', async () => {
  const sent = show(<SavedTests faq={faq} />)
  expect((await screen.findByText('(fails now)')).parentElement?.textContent).toContain('Ibadan')
  await userEvent.click(screen.getByRole('button', { name: 'Remove the test “how much una dey charge”' }))
  expect((await screen.findByRole('status')).textContent).toContain('“how much una dey charge” was removed.')
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await vi.waitFor(() => expect(screen.queryByRole('status')).toBeNull())
  expect(sent).toEqual([
    `DELETE /api/faqs/${faq.id}/tests/t1`,
    `POST /api/faqs/${faq.id}/tests how much una dey charge`,
  ])
})
