import type { CDPSession, Page } from '@playwright/test'
import { expectAccessible } from '../lib/accessible'
import { expect, test } from '../lib/fixtures'

/**
 * A browser without a network has no push service to subscribe at. Everything else is real: the permission, the worker, the server,
 * the message that the browser hands to the worker, and the notification.
 */
function withoutPushService(): void {
  const kept = 'test: subscription'
  const subscription = () => {
    const found = JSON.parse(localStorage.getItem(kept) ?? 'null') as { endpoint: string; key: number[] } | null
    return (
      found && {
        options: { applicationServerKey: Uint8Array.from(found.key).buffer },
        toJSON: () => ({
          endpoint: found.endpoint,
          keys: {
            p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
            auth: 'BTBZMqHH6r4Tts7J_aSIgg',
          },
        }),
        unsubscribe: async () => {
          localStorage.removeItem(kept)
          return true
        },
      }
    )
  }
  const stand = {
    getSubscription: async () => subscription(),
    subscribe: async ({ applicationServerKey }: { applicationServerKey: Uint8Array }) => {
      const endpoint = `https://push.invalid/${crypto.randomUUID()}`
      localStorage.setItem(kept, JSON.stringify({ endpoint, key: [...applicationServerKey] }))
      return subscription()
    },
  }
  Object.assign(PushManager.prototype, stand)
}

test('alerts come to this device until its owner wants none', async ({ owner, page, context, baseURL }) => {
  await context.grantPermissions(['notifications'], { origin: baseURL })
  await page.addInitScript(withoutPushService)
  await owner.signUp()
  await owner.skipSetup()
  const card = page.getByRole('region', { name: 'Alerts on this device' })
  const state = card.getByRole('status')

  await test.step('it is switched on, and stays on', async () => {
    await owner.open('Settings')
    await expect(state).toHaveText('Off on this device.')
    await expectAccessible(page, 'push off')
    await card.getByRole('button', { name: 'Switch on' }).click()
    await expect(state).toHaveText('On. Alerts come to this device.')
    await page.reload()
    await expect(state).toHaveText('On. Alerts come to this device.')
    const worker = await context.request.get('/push-worker.js')
    expect(worker.headers()['cache-control']).toBe('no-cache')
  })
  await test.step('a message is shown, once, and says who and what', async () => {
    const browser = await context.newCDPSession(page)
    const registration = await registrationOf(browser)
    const words = {
      title: 'Ngozi waits for you',
      body: 'Ngozi: do you deliver to Ibadan?',
      path: '/inbox/1',
      tag: 'waiting',
      position: 7,
    }
    for (let n = 0; n < 2; n++) {
      await browser.send('ServiceWorker.deliverPushMessage', {
        origin: baseURL ?? '',
        registrationId: registration,
        data: JSON.stringify(words),
      })
    }
    await expect.poll(() => shown(page)).toEqual([[words.title, words.body, words.path]])
  })
  await test.step('signing out ends it', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
    await page.getByLabel('E-mail').fill(owner.account.email)
    await page.getByLabel('Password', { exact: true }).fill(owner.account.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('navigation', { name: 'Main' }).filter({ visible: true })).toBeVisible()
    await owner.open('Settings')
    await expect(state).toHaveText('Off on this device.')
  })
})

async function registrationOf(browser: CDPSession): Promise<string> {
  const found = new Promise<string>(resolve => {
    browser.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const ours = registrations.find(one => !one.isDeleted)
      if (ours) resolve(ours.registrationId)
    })
  })
  await browser.send('ServiceWorker.enable')
  return found
}

function shown(page: Page) {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    return (await registration.getNotifications()).map(one => [one.title, one.body, one.data?.path])
  })
}
