import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Suspense } from 'react'
import { afterEach, expect, it, vi } from 'vitest'
import { faqs, me, missed } from '../../dev/mock-data'
import { MissedList } from './MissedPage'

afterEach(() => vi.unstubAllGlobals())

/** Shows the page to the owner of a shop, and says what it sends. */
async function show(answer?: string) {
  const sent: { path: string; body: unknown }[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname
    if (request.method === 'POST') {
      sent.push({ path, body: await request.json() })
      return Response.json(faqs[0])
    }
    return Response.json(path === '/api/me' ? me(new Set()) : { clusters: missed, dismissed: [] })
  })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Suspense>
        <MissedList answer={answer} />
      </Suspense>
    </QueryClientProvider>,
  )
  await screen.findByRole('heading', { name: /small chops/ })
  return sent
}

it('makes an FAQ of what the owner replied in two taps, and of nothing without the second', async () => {
  const sent = await show()
  expect(screen.getByText(/Your team replied:/).textContent).toContain('₦85,000 for 50.')
  await userEvent.click(screen.getAllByRole('button', { name: 'Answer' })[1] as HTMLElement)
  expect(screen.getByRole<HTMLTextAreaElement>('textbox').value).toBe(missed[1]?.suggestedAnswer?.text)
  expect(screen.getByText(/^Your team’s reply to Chidi on \d+ \w+\. .* 2 replies differ/)).toBeDefined()
  expect(sent).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Make it an FAQ' }))
  expect(sent).toEqual([{ path: '/api/unanswered/u2/assign', body: { answer: missed[1]?.suggestedAnswer?.text } }])
})

it('says what in it may be about one customer, until that is gone', async () => {
  await show()
  await userEvent.click(screen.getAllByRole('button', { name: 'Answer' })[1] as HTMLElement)
  expect(screen.getByRole('status').textContent).toBe('For everybody? It says “0123456789”, “Chidi”.')
  const answer = screen.getByRole('textbox')
  await userEvent.clear(answer)
  await userEvent.type(answer, 'Yes! Pay into 0123456789.')
  expect(screen.getByRole('status').textContent).toBe('For everybody? It says “0123456789”.')
  await userEvent.clear(answer)
  await userEvent.type(answer, 'Yes! ₦85,000 for 50.')
  expect(screen.queryByRole('status')).toBeNull()
})

it('starts empty where nobody replied', async () => {
  await show()
  await userEvent.click(screen.getAllByRole('button', { name: 'Answer' })[0] as HTMLElement)
  expect(screen.getByRole<HTMLTextAreaElement>('textbox').value).toBe('')
  expect(screen.queryByText(/Your team’s reply/)).toBeNull()
})

it('is opened by a chat to answer what was replied there', async () => {
  await show('u2')
  expect(screen.getByRole<HTMLTextAreaElement>('textbox').value).toBe(missed[1]?.suggestedAnswer?.text)
})
