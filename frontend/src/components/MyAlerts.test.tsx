import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { meQuery } from '../api/queries'
import type { Me } from '../api/types'
import { MyAlerts } from './MyAlerts'

afterEach(() => vi.unstubAllGlobals())

/** A server that keeps what one member chooses, and what was asked of it. */
function serve(role: Me['user']['role'], everybody: string) {
  const asked: unknown[] = []
  let chosen: string | null = null
  vi.stubGlobal('fetch', async (request: Request) => {
    expect(new URL(request.url).pathname).toBe('/api/me/alerts')
    if (request.method === 'PATCH') {
      chosen = ((await request.json()) as { alerts: string | null }).alerts
      asked.push(chosen)
    }
    return Response.json({ alerts: chosen ?? everybody, chosen, everybody })
  })
  const queries = new QueryClient()
  queries.setQueryData(meQuery.queryKey, { user: { id: 'm1', email: 'ada@example.com', role } } as Me)
  render(
    <QueryClientProvider client={queries}>
      <MyAlerts />
    </QueryClientProvider>,
  )
  return asked
}

it('shows what holds for everybody until somebody chooses, and takes it back', async () => {
  const asked = serve('owner', '22-7')
  const user = userEvent.setup()
  const asEverybody = await screen.findByRole('radio', { name: /As set for everybody/, checked: true })
  expect(screen.getByText('Now: on, quiet from 22:00 until 07:00.')).toBeDefined()
  await user.click(screen.getByRole('radio', { name: /^Off/ }))
  await screen.findByRole('radio', { name: /^Off/, checked: true })
  await user.click(asEverybody)
  await screen.findByRole('radio', { name: /As set for everybody/, checked: true })
  expect(asked).toEqual(['off', null])
})

it('keeps quiet hours of their own', async () => {
  const asked = serve('agent', 'off')
  const user = userEvent.setup()
  expect(await screen.findByText('Now: off.')).toBeDefined()
  expect(screen.queryByText(/chat with yourself/)).toBeNull()
  await user.click(screen.getByRole('radio', { name: /^On/ }))
  await user.click(await screen.findByRole('switch', { name: 'Not at night', checked: false }))
  fireEvent.change(await screen.findByLabelText('Quiet from'), { target: { value: '21:30' } })
  await user.click(await screen.findByRole('switch', { name: 'Not at night', checked: true }))
  expect(asked).toEqual(['on', '22:00-7:00', '21:30-07:00', 'on'])
})
