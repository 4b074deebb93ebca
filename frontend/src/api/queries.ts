import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query'
import { client, read } from './client'
import { serverNow } from './clock'
import { liveNow } from './live'
import { ApiProblem } from './problem'
import type { ConnectionStatus, InboxFilter, LinkCode } from './types'

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) =>
          count < 2 && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500),
      },
      mutations: { networkMode: 'always' },
    },
  })
}

/** While the stream is up it says what changed; without it the page asks by itself. */
const poll = (withoutStream: number) => () => (liveNow() ? 60_000 : withoutStream)

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => read(client.GET('/api/me', { signal })),
  staleTime: 60_000,
})

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => read(client.GET('/api/settings', { signal })),
})

/** Under the settings' key: whatever changes those may change this. */
export const myAlertsQuery = queryOptions({
  queryKey: ['settings', 'my alerts'],
  queryFn: ({ signal }) => read(client.GET('/api/me/alerts', { signal })),
})

export const connectionQuery = queryOptions({
  queryKey: ['connection'],
  queryFn: ({ signal }) => read(client.GET('/api/whatsapp/status', { signal })),
  refetchInterval: query => (isMoving(query.state.data) ? 3_000 : poll(5_000)()),
})

function isMoving(status: ConnectionStatus | undefined): boolean {
  return status?.whatsappConnectionStatus === 'connecting' || status?.whatsappConnectionStatus === 'reconnecting'
}

/** linkCodeQuery gives the code to link with, or null when there is none now. */
export const linkCodeQuery = queryOptions({
  queryKey: ['link-code'],
  queryFn: ({ signal }) => currentCode(signal),
  staleTime: 0,
  gcTime: 0,
  refetchInterval: query => untilNextCode(query.state.data),
})

async function currentCode(signal: AbortSignal): Promise<LinkCode | null> {
  try {
    // The contract also knows a picture, for those who ask for one; JSON is what comes unasked.
    return (await read(client.GET('/api/whatsapp/qr', { signal }))) as LinkCode
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null
    throw error
  }
}

/** Every 3 s, but at once when the code on the screen dies. */
function untilNextCode(code: LinkCode | null | undefined): number {
  if (!code) return 1_500
  return Math.min(3_000, Math.max(300, Date.parse(code.expiresAt) - serverNow() + 150))
}

export const faqsQuery = queryOptions({
  queryKey: ['faqs'],
  queryFn: async ({ signal }) => (await read(client.GET('/api/faqs', { signal }))).faqs,
})

export const faqQuery = (id: string) =>
  queryOptions({
    queryKey: ['faqs', id],
    queryFn: ({ signal }) => read(client.GET('/api/faqs/{id}', { params: { path: { id } }, signal })),
  })

export const unansweredQuery = queryOptions({
  queryKey: ['unanswered'],
  queryFn: async ({ signal }) => (await read(client.GET('/api/unanswered', { signal }))).clusters,
})

/** What is not for the bot, so that it can be taken back. */
export const dismissedQuery = queryOptions({
  queryKey: ['unanswered', 'dismissed'],
  queryFn: async ({ signal }) => (await read(client.GET('/api/unanswered', { signal }))).dismissed,
})

export const alertsQuery = queryOptions({
  queryKey: ['alerts'],
  queryFn: ({ signal }) => read(client.GET('/api/alerts', { signal })),
  refetchInterval: poll(30_000),
})

export const membersQuery = queryOptions({
  queryKey: ['members'],
  queryFn: ({ signal }) => read(client.GET('/api/members', { signal })),
  refetchInterval: poll(10_000),
})

export const conversationsQuery = (filter: InboxFilter) =>
  infiniteQueryOptions({
    queryKey: ['conversations', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      read(client.GET('/api/conversations', { params: { query: { filter, cursor: pageParam } }, signal })),
    getNextPageParam: page => page.next ?? undefined,
    refetchInterval: poll(10_000),
  })

/** needsYouQuery counts the first page of chats that wait for a person: enough for a badge. */
export const needsYouQuery = queryOptions({
  queryKey: ['conversations', 'count'],
  queryFn: async ({ signal }) =>
    (await read(client.GET('/api/conversations', { params: { query: { filter: 'needs_you' } }, signal }))).conversations
      .length,
  refetchInterval: poll(10_000),
})

export const messagesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['messages', id],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      read(
        client.GET('/api/conversations/{id}/messages', {
          params: { path: { id }, query: { before: pageParam } },
          signal,
        }),
      ),
    getNextPageParam: page => page.next ?? undefined,
    refetchInterval: poll(5_000),
  })

export const analyticsQuery = (from: string) =>
  queryOptions({
    queryKey: ['analytics', from],
    queryFn: ({ signal }) => read(client.GET('/api/analytics', { params: { query: { from } }, signal })),
    refetchInterval: poll(30_000),
  })

export const auditQuery = (type: string) =>
  infiniteQueryOptions({
    queryKey: ['audit', type],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) =>
      read(
        client.GET('/api/audit/events', {
          params: { query: { before: pageParam, limit: 50, type: type || undefined } },
          signal,
        }),
      ),
    getNextPageParam: page => page.next ?? undefined,
  })

export const adminWorkspacesQuery = queryOptions({
  queryKey: ['admin', 'workspaces'],
  queryFn: async ({ signal }) => (await read(client.GET('/api/admin/workspaces', { signal }))).workspaces,
  refetchInterval: 15_000,
})
