import { describe, expect, it } from 'vitest'
import { gapIn, trades } from '../components/faq-starters'
import { nextPage } from './door-path'
import { readPhone, showPhone } from './phone'
import { countdown, moment, replyTime, span, startOfDay } from './time'

describe('phone numbers', () => {
  it.each([
    ['0803 000 0001', '+2348030000001'],
    ['+234 803 000 0001', '+2348030000001'],
    ['+234 0803 000 0001', '+2348030000001'],
    ['00447700900123', '+447700900123'],
    ['+234 ', undefined],
    ['12', undefined],
  ])('reads %s', (typed, phone) => expect(readPhone(typed)).toBe(phone))

  it('shows Nigerian numbers in the usual groups', () => expect(showPhone('+2348030000001')).toBe('+234 803 000 0001'))
})

describe('time', () => {
  const now = Date.parse('2026-11-22T23:30:00Z') // half past midnight in Lagos

  it('a day begins at the workspace’s midnight', () => {
    expect(startOfDay(now, 'Africa/Lagos')).toBe('2026-11-22T23:00:00.000Z')
    expect(startOfDay(now, 'UTC', 6)).toBe('2026-11-16T00:00:00.000Z')
  })

  it('yesterday has its date, today only its hour', () => {
    expect(moment('2026-11-22T23:10:00Z', 'Africa/Lagos', now)).toBe('00:10')
    expect(moment('2026-11-22T22:10:00Z', 'Africa/Lagos', now)).toBe('22 Nov, 23:10')
  })

  it('spans and countdowns are short', () => {
    expect([span(30_000), span(130_000), span(7_300_000), span(3 * 86_400_000)]).toEqual([
      'under 1 min',
      '2 min',
      '2 h',
      '3 days',
    ])
    expect([countdown(16_100), countdown(102_000), countdown(-5)]).toEqual(['0:17', '1:42', '0:00'])
    expect([replyTime(420), replyTime(1_100)]).toEqual(['420 ms', '1.1 s'])
  })
})

describe('starter FAQs', () => {
  it.each(trades.map(trade => [trade.label, trade] as const))(
    '%s has at least six drafts with other wordings',
    (_, trade) => {
      expect(trade.drafts.length).toBeGreaterThanOrEqual(6)
      for (const draft of trade.drafts) expect(draft.questions.length).toBeGreaterThan(1)
    },
  )

  it('a gap is found until it is filled in', () => {
    expect(gapIn('It is ₦[price].')).toBe('[price]')
    expect(gapIn('It is ₦1,500.')).toBeUndefined()
  })
})

describe('where to go after signing in', () => {
  it('is a page of ours', () => {
    expect(nextPage('?next=%2Ffaqs')).toBe('/faqs')
    expect(nextPage('?next=%2F%2Fevil.example')).toBeUndefined()
    expect(nextPage('?next=https%3A%2F%2Fevil.example')).toBeUndefined()
    expect(nextPage('')).toBeUndefined()
  })
})
