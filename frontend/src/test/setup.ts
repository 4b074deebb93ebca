import { cleanup, configure } from '@testing-library/react'
import { afterEach, beforeEach, vi } from 'vitest'

// Machines are shared; waiting longer costs nothing when all is well.
configure({ asyncUtilTimeout: 5_000 })

beforeEach(() => {
  window.matchMedia = (query: string) =>
    Object.assign(new EventTarget(), { matches: false, media: query }) as unknown as MediaQueryList
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
  localStorage.clear()
})
