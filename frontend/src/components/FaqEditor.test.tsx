import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { ApiProblem } from '../api/problem'
import { meQuery } from '../api/queries'
import type { Faq, Me } from '../api/types'
import { FaqEditor } from './FaqEditor'

const me: Me = {
  workspace: {
    id: 'w1',
    name: 'Ada’s Kitchen',
    timezone: 'Africa/Lagos',
    currency: 'NGN',
    plan: { state: 'trial', until: null },
    onboarding: { step: 'done' },
  },
  user: { id: 'u1', email: 'ada@example.com', role: 'owner' },
}

const faq: Faq = {
  id: 'f1',
  number: 1,
  questions: ['How much is delivery?', 'dlvry price'],
  answer: 'It is *₦1,500*.',
  pidginAnswer: null,
  enabled: true,
  onlyWhenSure: false,
  revision: 3,
  updatedAt: '2026-11-22T13:02:00Z',
  timesAnswered30d: 0,
}

function show(props: Partial<Parameters<typeof FaqEditor>[0]> = {}) {
  const queries = new QueryClient()
  queries.setQueryData(meQuery.queryKey, me)
  const onSave = vi.fn()
  render(
    <QueryClientProvider client={queries}>
      <FaqEditor busy={false} error={null} onSave={onSave} {...props} />
    </QueryClientProvider>,
  )
  return onSave
}

const save = () => userEvent.click(screen.getByRole('button', { name: 'Save' }))

it('a new FAQ is saved with its words trimmed', async () => {
  const onSave = show()
  await userEvent.type(screen.getByLabelText('Question'), ' Do you deliver? ')
  await userEvent.type(screen.getByLabelText('Answer'), 'Yes, in Lagos. ')
  await save()
  expect(onSave).toHaveBeenCalledExactlyOnceWith({
    questions: ['Do you deliver?'],
    answer: 'Yes, in Lagos.',
    pidginAnswer: '',
    enabled: true,
    onlyWhenSure: false,
  })
})

it('an empty one is refused, and says what is missing', async () => {
  const onSave = show()
  await save()
  expect(screen.getByText('Write the question.')).toBeTruthy()
  expect(screen.getByText('Write the answer.')).toBeTruthy()
  expect(onSave).not.toHaveBeenCalled()
})

it('an answer with a [price] left in it cannot go live, but can be kept switched off', async () => {
  const onSave = show({ faq: { ...faq, answer: 'It is ₦[price].' } })
  await save()
  expect(screen.getByText(/Fill in \[price\] before the bot may use this/)).toBeTruthy()
  expect(onSave).not.toHaveBeenCalled()
  await userEvent.click(screen.getByRole('switch', { name: 'Bot uses this' }))
  await save()
  expect(onSave).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ enabled: false }))
})

it('a wording that differs only in case and punctuation is not taken twice', async () => {
  const onSave = show({ faq })
  const field = screen.getByLabelText('Another wording')
  await userEvent.type(field, 'DLVRY  price?{Enter}')
  expect(screen.getByRole('alert').textContent).toBe('This wording is there twice.')
  await userEvent.clear(field)
  await userEvent.type(field, 'how much to bring am{Enter}')
  await save()
  expect(onSave).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ questions: ['How much is delivery?', 'dlvry price', 'how much to bring am'] }),
  )
})

it('the answer is shown as WhatsApp will show it', () => {
  show({ faq })
  expect(screen.getByText('₦1,500').tagName).toBe('STRONG')
})

it('a wording nearer to another FAQ is saved only by who insists', async () => {
  const message = '“cost of delivery” is nearer to “How much is delivery?”. Change it, or save it anyway.'
  const onSave = show({ faq, error: new ApiProblem(409, { code: 'faq.clash', detail: message }) })
  expect(screen.getByText(message)).toBeTruthy()
  await userEvent.click(screen.getByRole('button', { name: 'Save it anyway' }))
  expect(onSave).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ questions: faq.questions }), true)
})

it('a change with which saved tests fail is saved by who insists, and left by who goes back', async () => {
  const message = '2 tests now fail: “how much una dey charge”, “price abeg”. Change it, or save it anyway.'
  const onBack = vi.fn()
  const onSave = show({ faq, onBack, error: new ApiProblem(409, { code: 'faq.tests_fail', detail: message }) })
  expect(screen.getByRole('alert').textContent).toContain(message)
  await userEvent.click(screen.getByRole('button', { name: 'Go back' }))
  expect(onBack).toHaveBeenCalledOnce()
  expect(onSave).not.toHaveBeenCalled()
  await userEvent.click(screen.getByRole('button', { name: 'Save it anyway' }))
  expect(onSave).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ questions: faq.questions }), true)
})

it('a Pidgin answer is asked for apart, and saved beside the other', async () => {
  const onSave = show({ faq })
  await userEvent.click(screen.getByText('Add a Pidgin answer'))
  await userEvent.type(screen.getByLabelText('Answer in Pidgin'), ' Na ₦1,500. ')
  await save()
  expect(onSave).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ pidginAnswer: 'Na ₦1,500.' }))
})

it('a Pidgin answer that is there is changed, not added', () => {
  show({ faq: { ...faq, pidginAnswer: 'Na ₦1,500.' } })
  expect(screen.getByText('Change the Pidgin answer')).toBeTruthy()
  expect(screen.queryByText('Add a Pidgin answer')).toBeNull()
})

it('deleting asks first', async () => {
  const onRemove = vi.fn()
  show({ faq, onRemove })
  await userEvent.click(screen.getByRole('button', { name: 'Delete' }))
  expect(onRemove).not.toHaveBeenCalled()
  await userEvent.click(screen.getAllByRole('button', { name: 'Delete' }).at(-1) as HTMLElement)
  expect(onRemove).toHaveBeenCalledOnce()
})
