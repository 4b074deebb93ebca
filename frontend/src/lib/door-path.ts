import { useSyncExternalStore } from 'react'

/** Pages of the door: without a router, because there are three of them. */
export type DoorPath = '/sign-in' | '/sign-up' | '/welcome'

const moved = new EventTarget()

/** goInside leaves the door for a page of the house; the page loads anew. */
export function goInside(to: string): void {
  window.location.assign(to)
}

/** goSignIn asks to sign in, and then to come back to this page. */
export function goSignIn(): void {
  const { pathname, search } = window.location
  const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`
  window.location.replace(`/sign-in${next}`)
}

/** goDoor moves between pages of the door. */
export function goDoor(to: DoorPath): void {
  window.history.pushState(null, '', to)
  window.scrollTo(0, 0)
  moved.dispatchEvent(new Event('moved'))
}

export function useDoorPath(): string {
  return useSyncExternalStore(
    listen => {
      moved.addEventListener('moved', listen)
      window.addEventListener('popstate', listen)
      return () => {
        moved.removeEventListener('moved', listen)
        window.removeEventListener('popstate', listen)
      }
    },
    () => window.location.pathname.replace(/\/$/, ''),
  )
}

/** nextPage is where to go after signing in: a path of ours, never another site. */
export function nextPage(search: string): string | undefined {
  const next = new URLSearchParams(search).get('next')
  return next && /^\/(?![/\\])/.test(next) ? next : undefined
}
