/**
 * Access lasts ten minutes, in a cookie that scripts cannot read. When it has run out,
 * `refreshSession` asks for a new one, once for everybody who needs it at that moment.
 */
export type RefreshOutcome = 'refreshed' | 'signed_out' | 'unreachable'

let running: Promise<RefreshOutcome> | undefined

export function refreshSession(): Promise<RefreshOutcome> {
  running ??= askForNewTokens().finally(() => {
    running = undefined
  })
  return running
}

async function askForNewTokens(): Promise<RefreshOutcome> {
  try {
    // It outlives the page: an answer that is lost leaves the browser with a token that was used already, which ends the session.
    const response = await fetch('/api/auth/refresh', { method: 'POST', headers: csrfHeader(), keepalive: true })
    if (response.ok) return 'refreshed'
    return response.status < 500 && response.status !== 429 ? 'signed_out' : 'unreachable'
  } catch {
    return 'unreachable'
  }
}

/** csrfHeader proves that a write comes from our page: other sites cannot read the cookie. */
export function csrfHeader(): Record<string, string> {
  const token = /(?:^|;\s*)sb_csrf=([^;]*)/.exec(document.cookie)?.[1]
  return token ? { 'X-CSRF-Token': decodeURIComponent(token) } : {}
}

type Listener = () => void
const listeners = new Set<Listener>()

/** onSignedOut calls back when the session is over; it returns how to stop that. */
export function onSignedOut(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function announceSignedOut(): void {
  for (const listener of listeners) listener()
}
