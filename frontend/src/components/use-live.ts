import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { startLive } from '../api/live'

/** useLive keeps everything on the page up to date while the component is there. */
export function useLive(): void {
  const queries = useQueryClient()
  useEffect(() => startLive(queries), [queries])
}

/** usePush keeps alerts coming to this browser while it is closed, where that was chosen. Others load nothing for it. */
export function usePush(member: string): void {
  useEffect(() => {
    if (!('Notification' in window) || Notification.permission !== 'granted') return
    void import('../lib/push').then(push => push.settlePush(member)).catch(() => {})
  }, [member])
}
