import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { messages } from '../../dev/mock-data'
import type { Message } from '../api/types'
import { MessageBubble, NoticeLine } from './MessageBubble'

const [asked] = messages as [Message, ...Message[]]

const reply = (status: Message['status']): Message => ({
  ...asked,
  author: 'phone',
  direction: 'out',
  text: 'We open at 9',
  status,
})

it('says in words that the customer cannot read a reply', () => {
  render(<MessageBubble message={reply('unreadable')} zone="UTC" />)
  expect(screen.getByText('not readable by the customer').className).not.toContain('sr-only')
})

it.each([
  ['dashboard', { name: 'Ngozi', you: true }, 'You, here'],
  ['dashboard', { name: 'Ngozi', you: false }, 'Ngozi'],
  ['dashboard', null, 'Team'],
  ['phone', null, 'Team, phone'],
] as const)('says who of the team wrote: %s, %o', (author, member, words) => {
  render(<MessageBubble message={{ ...reply('delivered'), author, member }} zone="UTC" />)
  expect(screen.getByText(words)).toBeDefined()
})

it('lets a tick speak for what arrived', () => {
  render(<MessageBubble message={reply('delivered')} zone="UTC" />)
  expect(screen.getByText('delivered').className).toContain('sr-only')
})

it('tells in one grey line who may have a new phone', () => {
  render(<NoticeLine message={{ ...asked, notice: 'identity_changed' }} name="Ada" zone="UTC" />)
  expect(screen.getByText(/^Ada may have a new phone: their WhatsApp security code changed/)).toBeDefined()
})
