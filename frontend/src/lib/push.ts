import { client, read } from '../api/client'

/**
 * How alerts stand on this browser: whether it can show them at all, whether the person allows it, and whether they come.
 * On iPhones and iPads only a page on the home screen may ask.
 */
export type PushState = 'unsupported' | 'needs_home_screen' | 'not_offered' | 'denied' | 'off' | 'on'

const worker = '/push-worker.js'
const key = 'push of'

export async function pushState(): Promise<PushState> {
  if (!supported()) return onAppleMobile() && !onHomeScreen() ? 'needs_home_screen' : 'unsupported'
  const { publicKey, on } = await read(client.GET('/api/push'))
  if (!publicKey) return 'not_offered'
  if (Notification.permission === 'denied') return 'denied'
  const subscription = Notification.permission === 'granted' && (await current())
  return on && subscription ? 'on' : 'off'
}

function supported(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
}

/** An iPad says that it is a Mac; no Mac has a touch screen. */
function onAppleMobile(): boolean {
  return (
    /iPhone|iPad|iPod/.test(navigator.userAgent) ||
    (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
  )
}

function onHomeScreen(): boolean {
  return window.matchMedia('(display-mode: standalone)').matches
}

async function current(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration('/')
  return (await registration?.pushManager.getSubscription()) ?? null
}

/** switchPushOn asks the person, then the browser, then the server. A person who does not want to leaves it off. */
export async function switchPushOn(member: string): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return pushState()
  await subscribe(member)
  return 'on'
}

async function subscribe(member: string): Promise<void> {
  const { publicKey } = await read(client.GET('/api/push'))
  if (!publicKey) return
  await navigator.serviceWorker.register(worker, { scope: '/', updateViaCache: 'none' })
  const { pushManager } = await navigator.serviceWorker.ready
  const wanted = bytesOf(publicKey)
  let subscription = await pushManager.getSubscription()
  // Only the server whose key it was made with may send to it.
  if (subscription && !same(subscription.options.applicationServerKey, wanted)) {
    await subscription.unsubscribe()
    subscription = null
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted })
  const { endpoint, keys } = subscription.toJSON()
  await read(
    client.POST('/api/push', {
      body: { endpoint: endpoint ?? '', keys: { p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' } },
    }),
  )
  remember(member)
}

/** switchPushOff ends it here first, so that nothing comes even when the server cannot be told. */
export async function switchPushOff(): Promise<void> {
  await leave()
  await read(client.DELETE('/api/push'))
}

async function leave(): Promise<void> {
  remember('')
  await (await current())?.unsubscribe()
}

/** leavePush is for signing out: the server ends it with the session. */
export async function leavePush(): Promise<void> {
  if (supported()) await leave().catch(() => {})
}

/**
 * settlePush keeps what the member chose true: a browser may have got another endpoint, or the server another key, and either of
 * the two may have forgotten. What somebody else chose on this browser ends.
 */
export async function settlePush(member: string): Promise<void> {
  if (!supported() || Notification.permission !== 'granted') return
  const { on } = await read(client.GET('/api/push'))
  if (on || remembered() === member) await subscribe(member)
  else await leave()
}

function remembered(): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

function remember(member: string): void {
  try {
    if (member) localStorage.setItem(key, member)
    else localStorage.removeItem(key)
  } catch {
    // Without storage it has to be switched on anew when the browser gets another endpoint.
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), character =>
    character.charCodeAt(0),
  )
}

function same(a: ArrayBuffer | null, b: Uint8Array): boolean {
  const left = new Uint8Array(a ?? new ArrayBuffer(0))
  return left.length === b.length && left.every((byte, i) => byte === b[i])
}
