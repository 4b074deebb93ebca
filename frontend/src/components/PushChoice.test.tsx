import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Suspense } from 'react'
import { afterEach, expect, it, vi } from 'vitest'
import { meQuery } from '../api/queries'
import type { Me } from '../api/types'
import { leavePush, settlePush } from '../lib/push'
import { PushChoice } from './PushChoice'

afterEach(() => vi.unstubAllGlobals())

const publicKey = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'

/** A browser with a push service, a person who answers when they are asked, and a server. */
class Browser {
  permission: NotificationPermission = 'default'
  says: NotificationPermission = 'granted'
  endpoint = 'https://push.example.com/1'
  subscribed = false
  fails = false
  offered: string | null = publicKey
  registered: unknown[] = []
  madeWith?: Uint8Array
  asked: { method: string; body?: unknown }[] = []
  private on = false

  constructor() {
    const pushManager = {
      getSubscription: async () => (this.subscribed ? this.subscription() : null),
      subscribe: async ({ applicationServerKey }: { applicationServerKey: Uint8Array }) => {
        if (this.fails) throw new DOMException('Registration failed', 'AbortError')
        this.madeWith = applicationServerKey
        this.subscribed = true
        return this.subscription()
      },
    }
    const registration = { pushManager }
    vi.stubGlobal('PushManager', class {})
    vi.stubGlobal('Notification', {
      requestPermission: async () => {
        this.permission = this.says
        return this.says
      },
    })
    Object.defineProperty(Notification, 'permission', { get: () => this.permission })
    Object.defineProperty(navigator, 'serviceWorker', {
      configurable: true,
      value: {
        register: async (...what: unknown[]) => {
          this.registered.push(what)
          return registration
        },
        getRegistration: async () => registration,
        ready: Promise.resolve(registration),
      },
    })
    vi.stubGlobal('fetch', async (request: Request) => {
      const { method } = request
      this.asked.push({ method, body: method === 'POST' ? await request.json() : undefined })
      if (method === 'POST') this.on = true
      if (method === 'DELETE') this.on = false
      if (method === 'DELETE') return new Response(null, { status: 204 })
      return Response.json({ publicKey: this.offered, on: this.on })
    })
  }

  private subscription() {
    return {
      options: { applicationServerKey: this.madeWith?.buffer ?? null },
      unsubscribe: async () => {
        this.subscribed = false
        return true
      },
      toJSON: () => ({ endpoint: this.endpoint, expirationTime: null, keys: { p256dh: 'key', auth: 'secret' } }),
    }
  }

  writes() {
    return this.asked.filter(one => one.method !== 'GET')
  }
}

function show() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  queries.setQueryData(meQuery.queryKey, { user: { id: 'm1', role: 'owner' } } as Me)
  render(
    <QueryClientProvider client={queries}>
      <Suspense>
        <PushChoice />
      </Suspense>
    </QueryClientProvider>,
  )
}

it('is switched on when the person allows it, and off again', async () => {
  const browser = new Browser()
  show()
  const user = userEvent.setup()
  await user.click(await screen.findByRole('button', { name: 'Switch on' }))
  expect(await screen.findByText('On. Alerts come to this device.')).toBeDefined()
  expect(browser.registered).toEqual([['/push-worker.js', { scope: '/', updateViaCache: 'none' }]])
  expect(browser.madeWith?.length).toBe(65)
  expect(browser.writes()).toEqual([
    { method: 'POST', body: { endpoint: 'https://push.example.com/1', keys: { p256dh: 'key', auth: 'secret' } } },
  ])
  await user.click(screen.getByRole('button', { name: 'Switch off' }))
  expect(await screen.findByText('Off on this device.')).toBeDefined()
  expect(browser.subscribed).toBe(false)
  expect(browser.writes().at(-1)).toEqual({ method: 'DELETE', body: undefined })
})

it('says what to do when notifications are blocked, and asks for nothing', async () => {
  const browser = new Browser()
  browser.says = 'denied'
  show()
  await userEvent.setup().click(await screen.findByRole('button', { name: 'Switch on' }))
  expect(await screen.findByText(/This browser blocks notifications/)).toBeDefined()
  expect(screen.queryByRole('button')).toBeNull()
  expect(browser.writes()).toEqual([])
})

it('says that it failed when the push service is out of reach', async () => {
  const browser = new Browser()
  browser.fails = true
  show()
  await userEvent.setup().click(await screen.findByRole('button', { name: 'Switch on' }))
  expect((await screen.findByRole('alert')).textContent).toContain('That did not work')
  expect(screen.getByText('Off on this device.')).toBeDefined()
  expect(browser.writes()).toEqual([])
})

it('explains the home screen on an iPhone, and that some browsers cannot', async () => {
  new Browser()
  vi.stubGlobal('PushManager', undefined)
  delete (window as { PushManager?: unknown }).PushManager
  const agent = vi.spyOn(navigator, 'userAgent', 'get').mockReturnValue('Mozilla/5.0 (iPhone; CPU iPhone OS 18_1)')
  show()
  expect(await screen.findByText(/Add to Home Screen/)).toBeDefined()
  expect(screen.queryByRole('button')).toBeNull()
  agent.mockReturnValue('Mozilla/5.0 (X11; Linux)')
  show()
  expect(await screen.findByText(/This browser cannot show notifications/)).toBeDefined()
})

it('is not offered by a server without a key', async () => {
  new Browser().offered = null
  show()
  expect(await screen.findByText('Notifications are not set up on this server.')).toBeDefined()
})

it('tells the server of another endpoint when the dashboard is opened', async () => {
  const browser = new Browser()
  show()
  await userEvent.setup().click(await screen.findByRole('button', { name: 'Switch on' }))
  await screen.findByText('On. Alerts come to this device.')
  browser.endpoint = 'https://push.example.com/2'
  await settlePush('m1')
  expect(browser.writes().at(-1)?.body).toMatchObject({ endpoint: 'https://push.example.com/2' })
})

it('ends on a browser that somebody else signs in on, and when the member signs out', async () => {
  const browser = new Browser()
  browser.permission = 'granted'
  browser.subscribed = true
  await settlePush('m2')
  expect(browser.subscribed).toBe(false)
  browser.subscribed = true
  await leavePush()
  expect(browser.subscribed).toBe(false)
  expect(browser.writes()).toEqual([])
})
