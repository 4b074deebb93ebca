import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { startLive } from '../api/live'

/** useLive keeps everything on the page up to date while the component is there. */
export function useLive(): void {
  const queries = useQueryClient()
  useEffect(() => startLive(queries), [queries])
}
