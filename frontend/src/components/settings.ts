import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, read } from '../api/client'
import { meQuery, myAlertsQuery, settingsQuery } from '../api/queries'
import type { components } from '../api/types.gen'

export type SettingsChange = components['schemas']['ChangeSettingsRequest']

/** useChangeSettings saves some settings, and shows them everywhere at once. */
export function useChangeSettings() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (change: SettingsChange) => read(client.PATCH('/api/settings', { body: change })),
    onSuccess: settings => {
      queries.setQueryData(settingsQuery.queryKey, settings)
      void queries.invalidateQueries({ queryKey: myAlertsQuery.queryKey })
      queries.setQueryData(meQuery.queryKey, me => {
        const { name, timezone, currency, onboarding } = settings
        return me && { ...me, workspace: { ...me.workspace, name, timezone, currency, onboarding } }
      })
    },
  })
}
