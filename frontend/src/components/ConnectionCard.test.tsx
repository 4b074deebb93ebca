import { act, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { ConnectionReason, ConnectionStatus, LinkCode } from '../api/types'
import { aCode, aStatus, now, zone } from '../test/fixtures'
import { ConnectionCard } from './ConnectionCard'

type Shown = { link?: LinkCode | null; codeFirst?: boolean; busy?: boolean }

/** At half past nothing: every test starts at `now`. */
async function show(status: ConnectionStatus, { link = null, codeFirst = false, busy = false }: Shown = {}) {
  const actions = { connect: vi.fn(), disconnect: vi.fn(), pause: vi.fn(), resume: vi.fn() }
  const card = (next: ConnectionStatus, code: LinkCode | null) => (
    <ConnectionCard
      status={next}
      link={code}
      zone={zone}
      now={now}
      codeFirst={codeFirst}
      busy={busy}
      actions={actions}
    />
  )
  const { rerender } = render(card(status, link))
  // The parts that load on demand.
  await act(async () => {
    await import('./LinkPanel')
    await import('./connection-dialogs')
  })
  return { actions, become: (next: ConnectionStatus, code: LinkCode | null = null) => rerender(card(next, code)) }
}

const button = (name: string) => screen.getByRole('button', { name })

function at(moment: number) {
  vi.useFakeTimers({ now: moment, shouldAdvanceTime: true })
}

describe('the sentence and the next step of every state', () => {
  const phone = '+2348030000001'
  const cases: { name: string; status: ConnectionStatus; says: string[]; next: string[] }[] = [
    {
      name: 'never linked',
      status: aStatus('disconnected', 'never_linked'),
      says: ['Not connected', 'Link your number so the bot can answer.'],
      next: ['Connect WhatsApp'],
    },
    {
      name: 'closed by the owner',
      status: aStatus('disconnected', 'closed_by_owner'),
      says: ['Not connected', 'the link is kept'],
      next: ['Connect WhatsApp'],
    },
    {
      name: 'unlinked by the owner',
      status: aStatus('disconnected', 'unlinked_by_owner'),
      says: ['Not connected', 'FAQs and history are safe.'],
      next: ['Connect WhatsApp'],
    },
    {
      name: 'linking stopped',
      status: aStatus('disconnected', 'cancelled'),
      says: ['Not connected', 'Linking was stopped.'],
      next: ['Connect WhatsApp'],
    },
    {
      name: 'code expired',
      status: aStatus('disconnected', 'code_expired'),
      says: ['That code expired', 'Nothing went wrong, codes last about 2½ min.'],
      next: ['Get a new code'],
    },
    {
      name: 'unlinked on the phone',
      status: aStatus('disconnected', 'unlinked_on_phone', { phone, lastDisconnectedAt: '2026-11-22T08:12:00Z' }),
      says: ['Your phone unlinked us at 09:12.', 'FAQs and history are safe.'],
      next: ['Link again'],
    },
    {
      name: 'replaced',
      status: aStatus('disconnected', 'replaced', { phone }),
      says: ['Another program took over this line.'],
      next: ['Connect WhatsApp'],
    },
    {
      name: 'restricted by WhatsApp',
      status: aStatus('disconnected', 'banned', { phone }),
      says: ['WhatsApp limited this number.', 'We stopped sending.'],
      next: ['Connect WhatsApp'],
    },
    {
      name: 'restricted by WhatsApp until a time',
      status: aStatus('disconnected', 'banned', { phone, nextAttemptAt: '2026-11-22T16:00:00Z' }),
      says: ['WhatsApp limited this number.', 'We stopped sending. We connect again by ourselves 17:00.'],
      next: ['Connect WhatsApp'],
    },
    {
      name: 'blocked by WhatsApp',
      status: aStatus('disconnected', 'blocked', { phone }),
      says: ['WhatsApp has blocked this number.', 'ask for a review'],
      next: ['Link again'],
    },
    {
      name: 'logged out because the phone changed',
      status: aStatus('disconnected', 'phone_gone', { phone }),
      says: ['WhatsApp logged this number out.', 'Check WhatsApp on the phone'],
      next: ['Link again'],
    },
    {
      name: 'outdated',
      status: aStatus('disconnected', 'outdated'),
      says: ['There is nothing you need to do.'],
      next: [],
    },
    {
      name: 'pairing failed',
      status: aStatus('disconnected', 'pair_failed'),
      says: ['Linking did not finish.'],
      next: ['Get a new code'],
    },
    {
      name: 'number taken',
      status: aStatus('disconnected', 'number_taken'),
      says: ['This number belongs to another workspace.'],
      next: ['Connect WhatsApp'],
    },
    {
      name: 'failed',
      status: aStatus('disconnected', 'failed'),
      says: ['We could not connect.'],
      next: ['Connect WhatsApp'],
    },
    { name: 'plan ended', status: aStatus('disconnected', 'plan_ended'), says: ['Your plan has ended'], next: [] },
    {
      name: 'suspended',
      status: aStatus('disconnected', 'suspended'),
      says: ['This workspace is suspended.'],
      next: [],
    },
    {
      name: 'connected',
      status: aStatus('connected', 'online', {
        phone,
        lastConnectedAt: '2026-11-22T13:02:00Z',
        lastHeardAt: '2026-11-22T13:59:00Z',
      }),
      says: ['Connected ✅ +234 803 000 0001', 'since 14:02 · last sign of life 3 min ago'],
      next: ['Pause', 'Disconnect'],
    },
    {
      name: 'connected, and answering',
      status: aStatus('connected', 'online', {
        phone,
        lastConnectedAt: '2026-11-22T13:02:00Z',
        lastHeardAt: '2026-11-22T14:01:30Z',
        lastReplyAt: '2026-11-22T13:59:00Z',
      }),
      says: ['Connected ✅ +234 803 000 0001', 'since 14:02 · last reply 3 min ago'],
      next: ['Pause', 'Disconnect'],
    },
    {
      name: 'catching up',
      status: aStatus('connected', 'catching_up', { phone }),
      says: ['Connected ✅', 'Reading what came in while we were away.'],
      next: ['Pause', 'Disconnect'],
    },
    {
      name: 'catching up on one message',
      status: aStatus('connected', 'catching_up', { phone, catchingUp: 1 }),
      says: ['Connected ✅', 'Catching up on 1 message.'],
      next: ['Pause', 'Disconnect'],
    },
    {
      name: 'catching up on many',
      status: aStatus('connected', 'catching_up', { phone, catchingUp: 12 }),
      says: ['Connected ✅', 'Catching up on 12 messages.'],
      next: ['Pause', 'Disconnect'],
    },
    {
      name: 'degraded',
      status: aStatus('connected', 'degraded', { phone }),
      says: ['Connected ✅', 'The line is slow'],
      next: ['Pause', 'Disconnect'],
    },
    {
      name: 'the phone was not seen for long',
      status: aStatus('connected', 'phone_stale', { phone }),
      says: ['Connected ✅', 'Open WhatsApp on your phone within 2 days'],
      next: ['Pause', 'Disconnect'],
    },
    {
      name: 'connected and paused',
      status: aStatus('connected', 'online', { phone, botPausedUntil: '2026-11-22T17:00:00Z' }),
      says: ['Connected, bot paused until 18:00'],
      next: ['Resume', 'Disconnect'],
    },
    {
      name: 'paused for good',
      status: aStatus('connected', 'online', { phone, botPausedUntil: '9999-12-31T00:00:00Z' }),
      says: ['Connected, bot paused until you resume'],
      next: ['Resume', 'Disconnect'],
    },
    {
      name: 'a pause that is over',
      status: aStatus('connected', 'online', { phone, botPausedUntil: '2026-11-22T14:01:00Z' }),
      says: ['Connected ✅'],
      next: ['Pause', 'Disconnect'],
    },
    {
      name: 'reconnecting',
      status: aStatus('reconnecting', 'dropped', { phone, attempt: 4, lastDisconnectedAt: '2026-11-22T14:00:00Z' }),
      says: ['Reconnecting…', '2 min · try 4. Messages are safe on your phone.'],
      next: ['Disconnect'],
    },
    {
      name: 'code accepted',
      status: aStatus('connecting', 'linking'),
      says: ['Code accepted. Finishing…', 'Keep WhatsApp open on your phone.'],
      next: [],
    },
  ]
  it.each(cases)('$name', async ({ status, says, next }) => {
    await show(status)
    const said = screen.getByRole('status')
    for (const words of says) expect(said.textContent).toContain(words)
    expect(screen.queryAllByRole('button').map(one => one.textContent?.trim())).toEqual(next)
  })

  it('no reason is without a sentence, in any status', async () => {
    const reasons: ConnectionReason[] = ['restarted', 'network', 'server_busy', 'requested', 'online', 'dropped']
    for (const reason of reasons) {
      for (const status of ['connected', 'connecting', 'reconnecting', 'disconnected'] as const) {
        await show(aStatus(status, reason))
      }
    }
    for (const said of screen.getAllByRole('status')) expect(said.textContent).toMatch(/\w{4}/)
  })
})

describe('linking with a picture', () => {
  it('on a desktop one tap asks for a QR code', async () => {
    const { actions } = await show(aStatus('disconnected', 'never_linked'))
    await userEvent.click(button('Connect WhatsApp'))
    expect(actions.connect).toHaveBeenCalledExactlyOnceWith('qr')
  })

  it('a busy button takes no second tap', async () => {
    const { actions } = await show(aStatus('disconnected', 'never_linked'), { busy: true })
    await userEvent.click(button('Connect WhatsApp'))
    expect(actions.connect).not.toHaveBeenCalled()
  })

  it('shows the code with its time, on a white plate', async () => {
    at(now)
    await show(aStatus('connecting', 'code_shown'), { link: aCode() })
    const plate = screen.getByRole('img', { name: 'QR code to link WhatsApp' })
    expect(plate.querySelector('svg')?.getAttribute('width')).toBe('288')
    expect(plate.querySelector('path')?.getAttribute('fill')).toBe('#ffffff')
    expect(screen.getByRole('timer').textContent).toBe('0:20 left')
    expect(screen.getByText('code 1 of 6')).toBeTruthy()
    expect(screen.getByRole('tab', { name: 'Scan QR' }).getAttribute('aria-selected')).toBe('true')
  })

  it('a phone that is too old is told so, beside the code that still works', async () => {
    at(now)
    await show(aStatus('connecting', 'phone_outdated'), { link: aCode() })
    expect(screen.getByRole('status').textContent).toContain('Update WhatsApp on the phone, then scan again')
    expect(screen.getByRole('img', { name: 'QR code to link WhatsApp' })).toBeTruthy()
  })

  it('a number that needs a passkey is told what to do, beside a code for afterwards', async () => {
    at(now)
    const { become } = await show(aStatus('connecting', 'passkey'), { link: aCode() })
    expect(screen.getByRole('status').textContent).toContain('WhatsApp asks this number for a passkey.')
    expect(screen.getByText(/Account ▸ Passkeys and remove the passkey/)).toBeTruthy()
    expect(screen.getByRole('img', { name: 'QR code to link WhatsApp' })).toBeTruthy()
    become(aStatus('disconnected', 'passkey'))
    expect(screen.getByText(/Account ▸ Passkeys and remove the passkey/)).toBeTruthy()
    expect(button('Get a new code')).toBeTruthy()
  })

  it('a code is gone the moment it expires', async () => {
    at(now)
    await show(aStatus('connecting', 'code_shown'), { link: aCode() })
    act(() => void vi.advanceTimersByTime(19_000))
    expect(screen.getByRole('img')).toBeTruthy()
    act(() => void vi.advanceTimersByTime(1_300))
    expect(screen.queryByRole('img')).toBeNull()
    expect(screen.getByText('Getting the next code…')).toBeTruthy()
  })

  it('says when the first code takes long', async () => {
    at(now)
    await show(aStatus('connecting', 'requested'))
    expect(screen.getAllByText('Getting your code…').length).toBe(2)
    act(() => void vi.advanceTimersByTime(3_100))
    expect(screen.getByText('Still trying…')).toBeTruthy()
  })

  it('cancelling tells the server and keeps the link', async () => {
    at(now)
    const { actions } = await show(aStatus('connecting', 'code_shown'), { link: aCode() })
    act(() => button('Cancel').click())
    expect(actions.disconnect).toHaveBeenCalledExactlyOnceWith(false)
  })
})

describe('linking with a typed code', () => {
  it('on a phone the code comes first, and nothing is asked for before there is a number', async () => {
    const { actions } = await show(aStatus('disconnected', 'never_linked'), { codeFirst: true })
    await userEvent.click(button('Connect WhatsApp'))
    expect(actions.connect).not.toHaveBeenCalled()
    expect((await screen.findAllByRole('tab')).map(tab => tab.textContent)).toEqual(['With a code', 'Scan QR'])

    const number = screen.getByLabelText('Your WhatsApp number')
    await userEvent.clear(number)
    await userEvent.type(number, '12')
    await userEvent.click(button('Get my code'))
    expect(screen.getByText(/Write the full number/)).toBeTruthy()
    expect(actions.connect).not.toHaveBeenCalled()

    await userEvent.clear(number)
    await userEvent.type(number, '0803 000 0001')
    await userEvent.click(button('Get my code'))
    expect(actions.connect).toHaveBeenCalledExactlyOnceWith('code', '+2348030000001')
  })

  it('shows the code in two halves, and what to do with it', async () => {
    at(now)
    await show(aStatus('connecting', 'code_shown'), { link: aCode({ code: null, pairingCode: 'K7QF29XD' }) })
    expect(screen.getByRole('status', { name: 'Code to type on your phone' }).textContent).toBe('K7QF-29XD')
    expect(screen.getByText(/Link with phone number instead/)).toBeTruthy()
  })

  it('a picture can be had instead', async () => {
    at(now)
    const link = aCode({ code: null, pairingCode: 'K7QF29XD' })
    const { actions } = await show(aStatus('connecting', 'code_shown'), { link })
    act(() => screen.getByRole('tab', { name: 'Scan QR' }).click())
    act(() => button('Show a QR code').click())
    expect(actions.connect).toHaveBeenCalledExactlyOnceWith('qr')
  })

  it('the arrow keys move between the ways', async () => {
    await show(aStatus('connecting', 'code_shown'))
    screen.getByRole('tab', { name: 'Scan QR' }).focus()
    await userEvent.keyboard('{ArrowRight}')
    const code = screen.getByRole('tab', { name: 'With a code' })
    expect(code.getAttribute('aria-selected')).toBe('true')
    expect(document.activeElement).toBe(code)
  })

  it('after an expired code the card offers a new one, not the old form', async () => {
    const { become } = await show(aStatus('disconnected', 'never_linked'), { codeFirst: true })
    await userEvent.click(button('Connect WhatsApp'))
    become(aStatus('connecting', 'code_shown', { lastConnectionUpdate: '2026-11-22T14:01:00Z' }))
    become(aStatus('disconnected', 'code_expired', { lastConnectionUpdate: '2026-11-22T14:04:00Z' }))
    expect(button('Get a new code')).toBeTruthy()
    expect(screen.queryByRole('tab')).toBeNull()
  })
})

describe('letting go', () => {
  const connected = aStatus('connected', 'online', { phone: '+2348030000001' })

  it('asks first, and keeps the link unless told otherwise', async () => {
    const { actions } = await show(connected)
    await userEvent.click(button('Disconnect'))
    const dialog = await screen.findByRole('dialog', { name: 'Stop answering on +234 803 000 0001?' })
    expect(within(dialog).getByText('Customers will stop getting answers. FAQs stay.')).toBeTruthy()
    expect(actions.disconnect).not.toHaveBeenCalled()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Disconnect' }))
    expect(actions.disconnect).toHaveBeenCalledExactlyOnceWith(false)
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('can remove the link', async () => {
    const { actions } = await show(connected)
    await userEvent.click(button('Disconnect'))
    const dialog = await screen.findByRole('dialog')
    await userEvent.click(within(dialog).getByLabelText(/Remove the link/))
    await userEvent.click(within(dialog).getByRole('button', { name: 'Disconnect' }))
    expect(actions.disconnect).toHaveBeenCalledExactlyOnceWith(true)
  })

  it('can change its mind', async () => {
    const { actions } = await show(connected)
    await userEvent.click(button('Disconnect'))
    await userEvent.click(await screen.findByRole('button', { name: 'Keep answering' }))
    expect(actions.disconnect).not.toHaveBeenCalled()
  })

  it('pauses for an hour, or until resumed', async () => {
    const { actions } = await show(connected)
    await userEvent.click(button('Pause'))
    await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Pause' }))
    expect(actions.pause).toHaveBeenLastCalledWith(60)

    await userEvent.click(button('Pause'))
    const dialog = await screen.findByRole('dialog')
    await userEvent.click(within(dialog).getByLabelText('Until I resume'))
    await userEvent.click(within(dialog).getByRole('button', { name: 'Pause' }))
    expect(actions.pause).toHaveBeenLastCalledWith(undefined)
  })

  it('resumes with one tap', async () => {
    const { actions } = await show({ ...connected, botPausedUntil: '2026-11-22T17:00:00Z' })
    await userEvent.click(button('Resume'))
    expect(actions.resume).toHaveBeenCalledOnce()
  })
})
