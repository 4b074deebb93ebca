import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const origin = 'https://dash.example'
type Shown = {
  title: string
  tag: string
  body: string
  renotify?: boolean
  silent?: boolean
  data: { path: string; position?: number }
}

/** Runs the worker as a browser does, and keeps what it shows and opens. */
function startWorker(pages: string[] = []) {
  const listeners = new Map<string, (event: unknown) => void>()
  const shown: Shown[] = []
  const opened: string[] = []
  const self = {
    location: { origin },
    skipWaiting: () => {},
    addEventListener: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    registration: {
      getNotifications: async ({ tag }: { tag: string }) => shown.filter(one => one.tag === tag).slice(-1),
      showNotification: async (title: string, more: Omit<Shown, 'title'>) => void shown.push({ title, ...more }),
    },
    clients: {
      matchAll: async () => pages.map(url => ({ url, focus: () => opened.push(`focus ${url}`) })),
      openWindow: (url: string) => opened.push(url),
    },
  }
  new Function('self', readFileSync('public/push-worker.js', 'utf8'))(self)
  const fire = async (name: string, event: object) => {
    let work: unknown
    listeners.get(name)?.({ ...event, waitUntil: (promise: unknown) => (work = promise) })
    await work
  }
  const push = (words: unknown) =>
    fire('push', { data: { json: () => (words === undefined ? JSON.parse('') : words) } })
  const click = (data: unknown) => fire('notificationclick', { notification: { data, close: () => {} } })
  return { shown, opened, push, click }
}

const waiting = {
  title: 'Ngozi waits for you',
  body: 'Ngozi: do you deliver to Ibadan?',
  path: '/inbox/1',
  tag: 'waiting',
  position: 7,
}

it('shows who and what, and rings again only for news', async () => {
  const { shown, push } = startWorker()
  await push(waiting)
  await push(waiting)
  await push({ ...waiting, position: 9 })
  expect(shown.map(one => [one.title, one.body, one.renotify, one.silent])).toEqual([
    [waiting.title, waiting.body, false, undefined],
    [waiting.title, waiting.body, false, true],
    [waiting.title, waiting.body, true, undefined],
  ])
})

it('shows something even when it cannot read what came', async () => {
  const { shown, push } = startWorker()
  await push(undefined)
  expect(shown[0]).toMatchObject({ title: 'Switchboard', data: { path: '/alerts' } })
})

it('opens the page it is about, or brings it to the front', async () => {
  const { opened, click } = startWorker([`${origin}/settings`, `${origin}/inbox/1`])
  await click({ path: '/inbox/1' })
  await click({ path: '/whatsapp' })
  expect(opened).toEqual([`focus ${origin}/inbox/1`, `${origin}/whatsapp`])
})

it('never leads away from the dashboard', async () => {
  const { opened, click } = startWorker()
  await click({ path: 'https://elsewhere.example/' })
  await click({ path: '//elsewhere.example/' })
  await click(undefined)
  expect(opened).toEqual([origin, origin, `${origin}/`])
})
