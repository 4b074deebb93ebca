import { QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, it, vi } from 'vitest'
import { newQueryClient } from '../api/queries'
import { SignUpPage } from './SignUpPage'

let sent: unknown[]
let answer: () => Response

beforeEach(() => {
  sent = []
  answer = () => Response.json({ accessToken: 'a', expiresIn: 600, workspace: {}, user: {} }, { status: 201 })
  window.history.replaceState(null, '', '/sign-up')
  vi.stubGlobal('scrollTo', () => {})
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(await request.json())
    return answer()
  })
  render(
    <QueryClientProvider client={newQueryClient()}>
      <SignUpPage />
    </QueryClientProvider>,
  )
})

async function fill(name: string, email: string, password: string) {
  await userEvent.type(screen.getByLabelText('Business name'), name)
  await userEvent.type(screen.getByLabelText('E-mail'), email)
  await userEvent.type(screen.getByLabelText('Password'), password)
}
const create = () => userEvent.click(screen.getByRole('button', { name: 'Create account' }))

it('three fields make an account, and the setup begins', async () => {
  await fill(' Ada’s Kitchen ', 'ada@example.com', 'long enough')
  await create()
  await waitFor(() => expect(window.location.pathname).toBe('/welcome'))
  expect(sent).toEqual([{ businessName: 'Ada’s Kitchen', email: 'ada@example.com', password: 'long enough' }])
})

it('mistakes are named at their fields, and nothing is sent', async () => {
  await fill('Ada', 'not an address', 'short')
  await create()
  const email = screen.getByLabelText('E-mail')
  expect(email.getAttribute('aria-invalid')).toBe('true')
  expect(screen.getByText(/Write your e-mail address/).id).toBe(email.getAttribute('aria-describedby'))
  expect(screen.getByText('Choose a password of at least 8 characters.')).toBeTruthy()
  expect(sent).toEqual([])
})

it('what the server refuses is shown at the field it names', async () => {
  const errors = [{ field: 'email', message: 'There is an account with this e-mail. Sign in instead.' }]
  answer = () => Response.json({ type: 'x', title: 'Conflict', status: 409, detail: 'Taken.', errors }, { status: 409 })
  await fill('Ada', 'ada@example.com', 'long enough')
  await create()
  expect(await screen.findByText('There is an account with this e-mail. Sign in instead.')).toBeTruthy()
  expect(window.location.pathname).toBe('/sign-up')
})

it('a refusal without a field is shown above the button', async () => {
  answer = () =>
    Response.json({ type: 'x', title: 'x', status: 429, detail: 'Too many tries. Wait a minute.' }, { status: 429 })
  await fill('Ada', 'ada@example.com', 'long enough')
  await create()
  expect((await screen.findByRole('alert')).textContent).toContain('Too many tries. Wait a minute.')
})
