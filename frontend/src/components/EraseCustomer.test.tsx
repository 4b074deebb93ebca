import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiProblem } from '../api/problem'
import { ChatMenu, wasErased } from './EraseCustomer'

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true
  }
  HTMLDialogElement.prototype.close = function () {
    this.open = false
  }
})
afterEach(() => vi.unstubAllGlobals())

/** A server that knows one password, and a chat whose words are in the browser. */
function serve() {
  const queries = new QueryClient()
  queries.setQueryData(['messages', 'c1'], 'do you deliver?')
  const onErased = vi.fn()
  const asked: unknown[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    expect(new URL(request.url).pathname).toBe('/api/conversations/c1/erase')
    const body = (await request.json()) as { password: string }
    asked.push(body)
    if (body.password === 'correct horse') return new Response(null, { status: 204 })
    const message = 'This is not your password.'
    return Response.json(
      { status: 403, code: 'password.wrong', detail: message, errors: [{ field: 'password', message }] },
      { status: 403, headers: { 'content-type': 'application/problem+json' } },
    )
  })
  render(
    <QueryClientProvider client={queries}>
      <ChatMenu id="c1" name="Bola" onErased={onErased} />
    </QueryClientProvider>,
  )
  return { queries, onErased, asked }
}

it('says what goes and stays, and erases with the right password only', async () => {
  const { queries, onErased, asked } = serve()
  const user = userEvent.setup()
  await user.click(screen.getByRole('button', { name: 'Erase this customer…', hidden: true }))
  expect(screen.getByRole('dialog', { name: 'Erase Bola?' })).toBeDefined()
  for (const part of ['What goes', 'What stays', 'What we cannot reach']) expect(screen.getByText(part)).toBeDefined()
  const erase = screen.getByRole('button', { name: 'Erase for good' })
  await user.click(erase)
  expect(screen.getByText('Write your password.')).toBeDefined()
  await user.type(screen.getByLabelText('Password'), 'wrong horse')
  await user.click(erase)
  await screen.findByText('This is not your password.')
  expect(onErased).not.toHaveBeenCalled()
  await user.clear(screen.getByLabelText('Password'))
  await user.type(screen.getByLabelText('Password'), 'correct horse')
  await user.click(erase)
  await vi.waitFor(() => expect(onErased).toHaveBeenCalledOnce())
  expect(asked).toEqual([{ password: 'wrong horse' }, { password: 'correct horse' }])
  expect(queries.getQueryData(['messages', 'c1'])).toBeUndefined()
})

it('knows the chat of an erased customer from one that never was', () => {
  expect(wasErased(new ApiProblem(404, { code: 'customer.erased' }))).toBe(true)
  expect(wasErased(new ApiProblem(404, { code: 'conversation.not_found' }))).toBe(false)
  expect(wasErased(null)).toBe(false)
})
