import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { settings as start } from '../../dev/mock-data'
import { MenuPin } from './MenuPin'

afterEach(() => vi.unstubAllGlobals())

/** A server with FAQs a to f, and the menus it was asked to keep. */
function serve(menu: string[]) {
  const asked: unknown[] = []
  let settings = { ...start, menu }
  vi.stubGlobal('fetch', async (request: Request) => {
    if (request.method === 'PATCH') {
      const change = (await request.json()) as { menu: string[] }
      asked.push(change.menu)
      settings = { ...settings, ...change }
    }
    if (new URL(request.url).pathname === '/api/faqs') return Response.json({ faqs: [...'abcdef'].map(id => ({ id })) })
    return Response.json(settings)
  })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MenuPin id="f" />
    </QueryClientProvider>,
  )
  return asked
}

it('pins behind what is pinned, lets go of what is gone, and takes it back', async () => {
  const asked = serve(['gone', 'b'])
  const user = userEvent.setup()
  await user.click(await screen.findByRole('switch', { name: 'Always in the menu', checked: false }))
  await user.click(await screen.findByRole('switch', { name: 'Always in the menu', checked: true }))
  await screen.findByRole('switch', { name: 'Always in the menu', checked: false })
  expect(asked).toEqual([['b', 'f'], ['b']])
})

it('pins no sixth', async () => {
  const asked = serve([...'abcde'])
  await userEvent.setup().click(await screen.findByRole('switch', { name: 'Always in the menu' }))
  expect(screen.getByText(/Unpin one of them first/)).toBeDefined()
  expect(asked).toEqual([])
})
