import { useSuspenseQuery } from '@tanstack/react-query'
import { meQuery } from '../api/queries'
import type { Me, Workspace } from '../api/types'

/** useMe returns who is signed in; pages inside the shell may assume somebody is. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data
}

/** canLead tells who decides how the workspace works. */
export const canLead = (role: Me['user']['role']) => ['owner', 'admin', 'platform_admin'].includes(role)

/** canTalk tells who works with customers. */
export const canTalk = (role: Me['user']['role']) => canLead(role) || role === 'agent'

/** isOwner tells who the business is, for what cannot be undone. */
export const isOwner = (role: Me['user']['role']) => role === 'owner' || role === 'platform_admin'

export function useWorkspace(): Workspace {
  return useMe().workspace
}
