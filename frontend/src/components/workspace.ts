import { useSuspenseQuery } from '@tanstack/react-query'
import { meQuery } from '../api/queries'
import type { Me, Workspace } from '../api/types'

/** useMe returns who is signed in; pages inside the shell may assume somebody is. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data
}

export function useWorkspace(): Workspace {
  return useMe().workspace
}
