import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { settings } from '../../dev/mock-data'
import { Carefulness } from './Carefulness'

afterEach(() => vi.unstubAllGlobals())

const fitted = {
  ...settings.shift,
  by: -0.4,
  answersFrom: 0.8565,
  labels: 60,
  right: 28,
  expected: 34.6,
  fittedAt: '2026-11-23T12:00:00Z',
}

function show(shift: typeof settings.shift) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Carefulness shift={shift} />
    </QueryClientProvider>,
  )
}

it('says by how much the bot is more careful, and why', () => {
  show(fitted)
  expect(screen.getByText(/from 0.86 instead of 0.80/).textContent).toMatch(/Of 60 .* 28; .* 35/)
})

it('says how many questions it still waits for, and has nothing to take back', () => {
  show({ ...settings.shift, judged: 12 })
  expect(screen.getByText(/12 of 50/)).toBeDefined()
  expect(screen.queryByRole('button')).toBeNull()
})

it('goes back when asked', async () => {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`)
    return Response.json(settings)
  })
  show(fitted)
  await userEvent.setup().click(screen.getByRole('button', { name: 'Be as sure as at first' }))
  expect(asked).toEqual(['POST /api/settings/shift/reset'])
})
