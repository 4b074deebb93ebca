import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { connectionQuery } from '../api/queries'
import type { ConnectionStatus } from '../api/types'
import { useNow } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Lamp, type Tone } from '../ui/Lamp'
import { isPaused } from './connection-state'

/** On every page but those that show the connection itself: what is wrong, and the one next step. */
export function ConnectionBanner() {
  const { data: status } = useQuery(connectionQuery)
  const path = useLocation({ select: location => location.pathname })
  const now = useNow(5_000)
  const said = status && sentence(status, now)
  if (!said || path === '/' || path === '/whatsapp') return null
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 border-b border-line bg-warn-bg px-4 py-1 text-warn"
    >
      <Lamp tone={said.tone} small />
      <p className="min-w-40 flex-1 py-1">{said.text}</p>
      <Link to="/whatsapp" className="inline-flex min-h-11 items-center font-strong underline underline-offset-4">
        {t.connection.bannerAction}
      </Link>
    </div>
  )
}

function sentence(status: ConnectionStatus, now: number): { tone: Tone; text: string } | undefined {
  const c = t.connection
  switch (status.whatsappConnectionStatus) {
    case 'connected':
      return isPaused(status, now) ? { tone: 'warn', text: c.bannerPaused } : undefined
    case 'connecting':
      return { tone: 'warn', text: c.bannerConnecting }
    case 'reconnecting':
      return { tone: 'warn', text: c.bannerReconnecting }
    case 'disconnected':
      return { tone: 'neutral', text: c.banner }
  }
}
