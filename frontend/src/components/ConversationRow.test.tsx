import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { chats } from '../../dev/mock-data'
import type { Conversation, Message } from '../api/types'
import { ConversationRow } from './ConversationRow'

const [chat] = chats as [Conversation, ...Conversation[]]

function show(author: Message['author'], member: Message['member'], asked: string | null = null) {
  const lastMessage = { text: 'We open at 9', direction: 'out' as const, author, member, at: '2026-11-23T12:00:00Z' }
  const root = createRootRoute({
    component: () => <ConversationRow conversation={{ ...chat, lastMessage, asked }} zone="UTC" now={0} />,
  })
  render(<RouterProvider router={createRouter({ routeTree: root, history: createMemoryHistory() }) as never} />)
}

it.each([
  ['dashboard', { name: 'Ngozi', you: false }, 'Ngozi:'],
  ['dashboard', { name: 'Ngozi', you: true }, 'You, here:'],
  ['dashboard', null, 'Team:'],
  ['phone', null, 'Team, phone:'],
  ['bot', null, 'Bot:'],
] as const)('says who wrote the last words: %s, %o', async (author, member, words) => {
  show(author, member)
  expect(await screen.findByText(words)).toBeDefined()
})

it('needs no word for the customer', async () => {
  show('customer', null)
  expect(await screen.findByText('We open at 9')).toBeDefined()
  expect(screen.queryByText(/:$/)).toBeNull()
})

it('shows what the customer asked rather than what the bot said', async () => {
  show('bot', null, 'are you open on Sunday?')
  expect(await screen.findByText('are you open on Sunday?')).toBeDefined()
  expect(screen.queryByText('We open at 9')).toBeNull()
  expect(screen.queryByText('Bot:')).toBeNull()
})

it('shows the answer to a choice from a list, which is but a number', async () => {
  show('bot', null, '0')
  expect(await screen.findByText('We open at 9')).toBeDefined()
  expect(screen.getByText('Bot:')).toBeDefined()
})
