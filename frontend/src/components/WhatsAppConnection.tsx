import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, read } from '../api/client'
import { connectionQuery, linkCodeQuery } from '../api/queries'
import type { ConnectionStatus, LinkMethod } from '../api/types'
import { useMedia, useNow } from '../lib/hooks'
import { Problem, Skeleton } from '../ui/Feedback'
import { ConnectionCard } from './ConnectionCard'
import { useWorkspace } from './workspace'

/** WhatsAppConnection links the business's number, shows how the line is, and lets go of it again. */
export function WhatsAppConnection() {
  const { timezone } = useWorkspace()
  const now = useNow(5_000)
  const codeFirst = useMedia('(max-width: 767px)')
  const connection = useQuery(connectionQuery)
  const status = connection.data
  const waitsForCode = status?.whatsappConnectionStatus === 'connecting' && status.reason !== 'linking'
  const link = useQuery({ ...linkCodeQuery, enabled: waitsForCode })
  const change = useConnectionChange()

  if (!status) {
    return connection.error ? (
      <Problem error={connection.error} onRetry={() => void connection.refetch()} />
    ) : (
      <Skeleton rows={2} className="rounded-card border border-line bg-surface" />
    )
  }
  return (
    <ConnectionCard
      status={status}
      link={waitsForCode ? link.data : null}
      zone={timezone}
      now={now}
      codeFirst={codeFirst}
      busy={change.isPending}
      error={change.error}
      actions={{
        connect: (method, phone) => change.mutate({ what: 'connect', method, phone }),
        disconnect: unlink => change.mutate({ what: 'disconnect', unlink }),
        pause: minutes => change.mutate({ what: 'pause', minutes }),
        resume: () => change.mutate({ what: 'resume' }),
      }}
    />
  )
}

type Change =
  | { what: 'connect'; method: LinkMethod; phone?: string }
  | { what: 'disconnect'; unlink: boolean }
  | { what: 'pause'; minutes?: number }
  | { what: 'resume' }

/** useConnectionChange orders one change at a time; the answer is the new status. */
function useConnectionChange() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: order,
    onSuccess: status => {
      queries.setQueryData(connectionQuery.queryKey, status)
      void queries.invalidateQueries({ queryKey: connectionQuery.queryKey })
      void queries.invalidateQueries({ queryKey: linkCodeQuery.queryKey })
    },
  })
}

function order(change: Change): Promise<ConnectionStatus> {
  switch (change.what) {
    case 'connect':
      return read(client.POST('/api/whatsapp/connect', { body: { method: change.method, phone: change.phone } }))
    case 'disconnect':
      return read(client.POST('/api/whatsapp/disconnect', { body: { unlink: change.unlink } }))
    case 'pause':
      return read(client.POST('/api/bot/pause', { body: { minutes: change.minutes } }))
    case 'resume':
      return read(client.POST('/api/bot/resume'))
  }
}
