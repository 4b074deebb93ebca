import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { serverNow } from '../api/clock'

/** useNow returns the server's time and moves on every `every` milliseconds. */
export function useNow(every: number): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    setNow(serverNow())
    const timer = setInterval(() => setNow(serverNow()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}

/** useMedia follows a media query. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    listen => {
      const list = window.matchMedia(query)
      list.addEventListener('change', listen)
      return () => list.removeEventListener('change', listen)
    },
    () => window.matchMedia(query).matches,
  )
}

/** usePassed is false until `milliseconds` have passed since the component appeared. */
export function usePassed(milliseconds: number): boolean {
  const [passed, setPassed] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), milliseconds)
    return () => clearTimeout(timer)
  }, [milliseconds])
  return passed
}

/** WaitingCount is how many people wait; the browser's tab shows it too. */
export const WaitingCount = createContext(0)

/** useTitle names the page in the browser's tab. */
export function useTitle(title: string): void {
  const waiting = useContext(WaitingCount)
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${title} · Switchboard`
  }, [title, waiting])
}

/** useDraft is a state that survives closing the tab. */
export function useDraft<T>(key: string, initial: T): [T, (next: T) => void, () => void] {
  const [value, setValue] = useState<T>(() => storedDraft(key) ?? initial)
  const save = (next: T) => {
    setValue(next)
    try {
      localStorage.setItem(key, JSON.stringify(next))
    } catch {
      // Without storage the draft lasts as long as the page.
    }
  }
  return [value, save, () => dropDraft(key)]
}

function storedDraft<T>(key: string): T | undefined {
  try {
    const text = localStorage.getItem(key)
    return text ? (JSON.parse(text) as T) : undefined
  } catch {
    return undefined
  }
}

function dropDraft(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Nothing was stored, so nothing is left.
  }
}
