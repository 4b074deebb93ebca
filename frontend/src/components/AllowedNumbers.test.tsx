import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { AllowedNumbers } from './AllowedNumbers'

afterEach(() => vi.unstubAllGlobals())

/** A server that keeps the list, and what it was asked. */
function serve(people: { id: string; name: string | null; phone: string | null }[]) {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname
    asked.push(`${request.method} ${path}`)
    if (request.method === 'POST') {
      const made = { id: 'new', name: null, phone: ((await request.json()) as { phone: string }).phone }
      people.push(made)
      return Response.json(made, { status: 201 })
    }
    if (request.method === 'DELETE') {
      people.splice(
        people.findIndex(one => path.endsWith(one.id)),
        1,
      )
      return new Response(null, { status: 204 })
    }
    return Response.json({ people })
  })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <AllowedNumbers empty="Nobody is on the list." />
    </QueryClientProvider>,
  )
  return asked
}

it('says that nobody is answered until a number is on the list', async () => {
  serve([])
  expect(await screen.findByText(/Nobody is on the list/)).toBeDefined()
})

it('adds a number as people write it, and takes one off', async () => {
  const asked = serve([{ id: 'c1', name: 'Bola', phone: '+2348030000001' }])
  const user = userEvent.setup()
  expect(await screen.findByText('+234 803 000 0001')).toBeDefined()
  const add = screen.getByRole('button', { name: 'Add number' })
  expect(add.hasAttribute('disabled')).toBe(true)
  await user.type(screen.getByLabelText('Number to allow'), '0803 000 0002')
  await user.click(add)
  expect(await screen.findByText('+234 803 000 0002')).toBeDefined()
  await user.click(screen.getByRole('button', { name: 'Remove Bola' }))
  await vi.waitFor(() => expect(screen.queryByText('Bola')).toBeNull())
  expect(asked).toContain('DELETE /api/allowed/c1')
})
