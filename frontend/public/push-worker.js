// Runs in the browser while the dashboard is closed: shows alerts, and opens the right page. It keeps nothing and fetches nothing.
const usual = {
  title: 'Switchboard',
  body: 'Open the dashboard to see what is new.',
  path: '/alerts',
  tag: 'switchboard',
}

self.addEventListener('install', () => self.skipWaiting())

self.addEventListener('push', event => event.waitUntil(show(read(event.data))))

self.addEventListener('notificationclick', event => {
  event.notification.close()
  event.waitUntil(open(event.notification.data?.path))
})

function read(data) {
  try {
    return { ...usual, ...data.json() }
  } catch {
    return usual
  }
}

/** Something is shown for every message: browsers insist. The same alert again takes its own place without a sound. */
async function show({ title, body, path, tag, position }) {
  const before = await self.registration.getNotifications({ tag })
  const known = position !== undefined && before.some(one => one.data?.position === position)
  await self.registration.showNotification(title, {
    body,
    tag,
    renotify: !known && before.length > 0,
    silent: known || undefined,
    icon: '/icon-192.png',
    badge: '/icon-192.png',
    data: { path, position },
  })
}

/** A page that shows it already comes to the front. Any other is left alone: somebody may be writing there. */
async function open(path) {
  const address = new URL(String(path ?? '/'), self.location.origin)
  const target = address.origin === self.location.origin ? address.href : self.location.origin
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const there = pages.find(page => page.url === target)
  return there ? there.focus() : self.clients.openWindow(target)
}
