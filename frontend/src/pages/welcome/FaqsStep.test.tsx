import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, it, vi } from 'vitest'
import { faqsQuery, meQuery } from '../../api/queries'
import type { Me } from '../../api/types'
import { FaqsStep } from './FaqsStep'

const me: Me = {
  workspace: {
    id: 'w1',
    name: 'Ada’s Kitchen',
    timezone: 'Africa/Lagos',
    currency: 'NGN',
    plan: { state: 'trial', until: null },
    onboarding: { step: 'faqs' },
  },
  user: { id: 'u1', email: 'ada@example.com', role: 'owner' },
}

/** What was posted to /api/faqs; `refuse` makes the server refuse the n-th. */
let posted: { questions: string[]; answer: string }[]
let refuse: number | undefined

beforeEach(() => {
  posted = []
  refuse = undefined
  vi.stubGlobal('fetch', async (request: Request) => {
    if (request.method === 'GET') return Response.json({ faqs: [] })
    if (posted.length === refuse) {
      refuse = undefined
      return Response.json({ type: 'x', title: 'x', status: 503, detail: 'Try later.' }, { status: 503 })
    }
    posted.push(await request.json())
    return Response.json({}, { status: 201 })
  })
})

function show() {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } })
  queries.setQueryData(meQuery.queryKey, me)
  queries.setQueryData(faqsQuery.queryKey, [])
  const onNext = vi.fn()
  const { unmount } = render(
    <QueryClientProvider client={queries}>
      <FaqsStep busy={false} onBack={() => {}} onNext={onNext} />
    </QueryClientProvider>,
  )
  return { onNext, unmount }
}

async function fillIn(gap: string, answer: string) {
  await userEvent.click(screen.getByRole('button', { name: `Fill in ${gap}` }))
  const field = screen.getByLabelText('Answer')
  await userEvent.clear(field)
  await userEvent.type(field, answer)
  await userEvent.click(screen.getByRole('button', { name: 'Done' }))
}

it('a draft with a gap cannot be chosen, and choosing a trade saves nothing', async () => {
  show()
  await userEvent.click(screen.getByLabelText('Food'))
  const boxes = screen.getAllByRole<HTMLInputElement>('checkbox')
  expect(boxes.length).toBeGreaterThanOrEqual(6)
  expect(boxes.every(box => box.disabled && !box.checked)).toBe(true)
  expect(screen.queryByRole('button', { name: /Continue with/ })).toBeNull()
  expect(posted).toEqual([])
})

it('a filled-in draft is saved with all its wordings', async () => {
  const { onNext } = show()
  await userEvent.click(screen.getByLabelText('Food'))
  await fillIn('[price]', 'It is 1500 in Lagos.')
  await userEvent.click(screen.getByRole('button', { name: 'Continue with 1 answer' }))
  await waitFor(() => expect(onNext).toHaveBeenCalledOnce())
  expect(posted).toEqual([
    {
      questions: ['How much is delivery?', 'do you deliver', 'dlvry price', 'how much una dey charge for delivery'],
      answer: 'It is 1500 in Lagos.',
    },
  ])
})

it('drafts are still there after closing the page', async () => {
  const { unmount } = show()
  await userEvent.click(screen.getByLabelText('Salon'))
  await fillIn('[service and price list]', 'Braids are 5000.')
  unmount()
  show()
  expect(screen.getByText('Braids are 5000.')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Continue with 1 answer' })).toBeTruthy()
})

it('when saving stops half-way, trying again saves nothing twice', async () => {
  const { onNext } = show()
  await userEvent.click(screen.getByLabelText('Food'))
  await fillIn('[price]', 'It is 1500.')
  await fillIn('[address]', 'Allen Avenue.')
  refuse = 1
  await userEvent.click(screen.getByRole('button', { name: 'Continue with 2 answers' }))
  expect((await screen.findByRole('alert')).textContent).toContain('Try later.')
  expect(onNext).not.toHaveBeenCalled()
  await userEvent.click(await screen.findByRole('button', { name: 'Continue with 1 answer' }))
  await waitFor(() => expect(onNext).toHaveBeenCalledOnce())
  expect(posted.map(one => one.answer)).toEqual(['It is 1500.', 'Allen Avenue.'])
})
