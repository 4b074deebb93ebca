import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { announceSignedOut, refreshSession } from './session'

/**
 * One server-sent stream per page. Its hints say what changed; the page reads that again.
 * A stream that is silent for longer than two heartbeats is half open, and opened anew.
 */
const hiddenFor = 60_000
const silentFor = 40_000
const retryAfter = 3_000

const changed: Record<string, (id: string) => QueryKey[]> = {
  connection: () => [['connection'], ['link-code']],
  faqs: () => [['faqs']],
  inbox: () => [['conversations']],
  thread: id => [id ? ['messages', id] : ['messages'], ['conversations']],
  unanswered: () => [['unanswered']],
  settings: () => [['settings'], ['conversations']],
  members: () => [['members']],
  alerts: () => [['alerts']],
  analytics: () => [['analytics']],
  timeline: () => [['audit']],
  workspace: () => [['me'], ['settings']],
  admin: () => [['admin']],
}

let open = false

/** liveNow tells whether the stream is up, so that polling can rest. */
export function liveNow(): boolean {
  return open
}

/** startLive follows the stream until the function it returns is called. */
export function startLive(queries: QueryClient): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let hidden: ReturnType<typeof setTimeout> | undefined
  let missed = false
  let ended = false

  const close = () => {
    clearTimeout(timer)
    source?.close()
    source = undefined
    open = false
  }
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(again, silentFor)
  }
  const again = () => {
    close()
    missed = true
    timer = setTimeout(connect, retryAfter)
  }
  const renew = async () => {
    close()
    missed = true
    const outcome = await refreshSession()
    if (ended) return
    if (outcome === 'signed_out') announceSignedOut()
    else timer = setTimeout(connect, outcome === 'refreshed' ? 0 : retryAfter)
  }
  const connect = () => {
    if (ended || source || document.hidden) return
    source = new EventSource('/api/stream')
    heard()
    source.onopen = () => {
      open = true
      heard()
      if (missed) void queries.invalidateQueries()
      missed = false
    }
    source.onerror = () => {
      open = false
      // A refusal closes the stream for good: access has run out, or the server is away.
      if (source?.readyState === EventSource.CLOSED) void renew()
    }
    source.addEventListener('heartbeat', heard)
    source.addEventListener('change', event => {
      heard()
      for (const queryKey of keysOf(event.data)) void queries.invalidateQueries({ queryKey })
    })
    source.addEventListener('reset', () => {
      heard()
      void queries.invalidateQueries()
    })
    source.addEventListener('bye', () => void renew())
  }
  const onVisibility = () => {
    clearTimeout(hidden)
    if (document.hidden) {
      hidden = setTimeout(() => {
        close()
        missed = true
      }, hiddenFor)
    } else connect()
  }

  // A page that is left must not take the end of its stream for the end of its session.
  const onLeave = () => {
    close()
    missed = true
  }

  document.addEventListener('visibilitychange', onVisibility)
  window.addEventListener('pagehide', onLeave)
  window.addEventListener('pageshow', connect)
  connect()
  return () => {
    ended = true
    clearTimeout(hidden)
    document.removeEventListener('visibilitychange', onVisibility)
    window.removeEventListener('pagehide', onLeave)
    window.removeEventListener('pageshow', connect)
    close()
  }
}

/** keysOf says what to read again after a hint; everything, when the hint is unknown. */
export function keysOf(data: string): QueryKey[] {
  try {
    const hint = JSON.parse(data) as { type?: string; id?: string }
    return changed[hint.type ?? '']?.(hint.id ?? '') ?? [[]]
  } catch {
    return [[]]
  }
}
