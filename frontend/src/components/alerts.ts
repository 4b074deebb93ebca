import { useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { alertsQuery } from '../api/queries'
import type { Alert } from '../api/types'
import { t } from '../text/messages.en'

const key = 'alerts seen'
const moved = new EventTarget()

/** How far this person has read, on this device. */
function seenUpTo(): number {
  try {
    return Number(localStorage.getItem(key)) || 0
  } catch {
    return 0
  }
}

/** markSeen takes the count off the bell. */
export function markSeen(position: number): void {
  if (position <= seenUpTo()) return
  try {
    localStorage.setItem(key, String(position))
  } catch {
    // Without storage the count stays until the page is left.
  }
  moved.dispatchEvent(new Event('moved'))
}

/** useUnseen counts alerts that were raised since the list was last looked at. */
export function useUnseen(): number {
  const alerts = useQuery(alertsQuery).data?.alerts ?? []
  const seen = useSyncExternalStore(listen => {
    moved.addEventListener('moved', listen)
    return () => moved.removeEventListener('moved', listen)
  }, seenUpTo)
  return alerts.filter(alert => alert.position > seen).length
}

/** alertWords says what happened, and what comes next. */
export function alertWords(alert: Alert): string {
  const { kind, count, name } = alert
  const a = t.alerts
  switch (kind) {
    case 'disconnected':
      return a.disconnected
    case 'back':
      return a.back(count)
    case 'waiting':
      return a.waiting(count, alert.about)
    case 'loop':
      return a.loop(name ?? '')
    case 'limit':
      return a.limit
    case 'app_reply':
      return a.appReply
    case 'put_aside':
      return a.putAside
    case 'live':
      return a.live
    case 'plan':
      return a.plan[alert.about]?.(count) ?? a.plan.expired(count)
  }
}
