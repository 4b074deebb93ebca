import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keysOf, liveNow, startLive } from './live'
import { onSignedOut } from './session'

class FakeSource extends EventTarget {
  static CLOSED = 2
  static all: FakeSource[] = []
  readyState = 1
  onopen?: () => void
  onerror?: () => void
  constructor() {
    super()
    FakeSource.all.push(this)
  }
  close() {
    this.readyState = FakeSource.CLOSED
  }
  say(type: string, data = '') {
    this.dispatchEvent(new MessageEvent(type, { data }))
  }
}

const newest = () => FakeSource.all.at(-1) as FakeSource
let hidden = false
let stop: () => void
let invalidate: ReturnType<typeof vi.fn>

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', FakeSource)
  FakeSource.all = []
  hidden = false
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
  const queries = new QueryClient()
  invalidate = vi.fn(async () => {})
  queries.invalidateQueries = invalidate as typeof queries.invalidateQueries
  stop = startLive(queries)
})
afterEach(() => stop())

function turn(isHidden: boolean) {
  hidden = isHidden
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('the live stream', () => {
  it('a hint says what to read again', () => {
    newest().onopen?.()
    expect(liveNow()).toBe(true)
    newest().say('change', JSON.stringify({ type: 'thread', id: 'c1', version: 7 }))
    expect(invalidate.mock.calls).toEqual([[{ queryKey: ['messages', 'c1'] }], [{ queryKey: ['conversations'] }]])
  })

  it('a hint about no chat in particular reads every open chat again', () => {
    expect(keysOf('{"type":"thread","version":7}')).toEqual([['messages'], ['conversations']])
  })

  it('an unknown hint, or a reset, reads everything again', () => {
    expect(keysOf('{"type":"something new"}')).toEqual([[]])
    expect(keysOf('not json')).toEqual([[]])
    newest().say('reset')
    expect(invalidate).toHaveBeenCalledExactlyOnceWith()
  })

  it('silence longer than two heartbeats means half open', () => {
    newest().onopen?.()
    vi.advanceTimersByTime(30_000)
    newest().say('heartbeat')
    vi.advanceTimersByTime(30_000)
    expect(FakeSource.all).toHaveLength(1)
    vi.advanceTimersByTime(14_000)
    expect(FakeSource.all).toHaveLength(2)
    newest().onopen?.()
    expect(invalidate).toHaveBeenCalledExactlyOnceWith()
  })

  it('closes after a minute out of sight, and catches up on return', () => {
    newest().onopen?.()
    turn(true)
    vi.advanceTimersByTime(61_000)
    expect(newest().readyState).toBe(FakeSource.CLOSED)
    expect(liveNow()).toBe(false)
    turn(false)
    newest().onopen?.()
    expect(FakeSource.all).toHaveLength(2)
    expect(invalidate).toHaveBeenCalledExactlyOnceWith()
  })

  it('a short look away closes nothing', () => {
    turn(true)
    vi.advanceTimersByTime(20_000)
    turn(false)
    newest().say('heartbeat')
    vi.advanceTimersByTime(35_000)
    expect(FakeSource.all).toHaveLength(1)
  })

  it('a goodbye renews the session and opens again', async () => {
    vi.stubGlobal('fetch', async () => new Response('{}'))
    newest().say('bye')
    await vi.advanceTimersByTimeAsync(1)
    expect(FakeSource.all).toHaveLength(2)
  })

  it('a page that is left asks for nothing, and one that comes back opens again', async () => {
    const asked = vi.fn(async () => new Response('{}'))
    vi.stubGlobal('fetch', asked)
    const source = newest()
    window.dispatchEvent(new Event('pagehide'))
    source.onerror?.()
    await vi.advanceTimersByTimeAsync(50_000)
    expect(asked).not.toHaveBeenCalled()
    expect(FakeSource.all).toHaveLength(1)
    window.dispatchEvent(new Event('pageshow'))
    expect(FakeSource.all).toHaveLength(2)
  })

  it('a session that cannot be renewed is over', async () => {
    const signedOut = vi.fn()
    const forget = onSignedOut(signedOut)
    vi.stubGlobal('fetch', async () => new Response('{}', { status: 401 }))
    newest().close()
    newest().onerror?.()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(signedOut).toHaveBeenCalledOnce()
    expect(FakeSource.all).toHaveLength(1)
    forget()
  })
})
