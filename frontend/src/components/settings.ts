import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, read } from '../api/client'
import { meQuery, settingsQuery } from '../api/queries'
import type { NumberUse, OnboardingStep } from '../api/types'

export type SettingsChange = {
  name?: string
  timezone?: string
  onboardingStep?: OnboardingStep
  numberUse?: NumberUse
}

/** useChangeSettings saves some settings, and shows them everywhere at once. */
export function useChangeSettings() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (change: SettingsChange) => read(client.PATCH('/api/settings', { body: change })),
    onSuccess: settings => {
      queries.setQueryData(settingsQuery.queryKey, settings)
      queries.setQueryData(meQuery.queryKey, me => me && { ...me, workspace: { ...me.workspace, ...settings } })
    },
  })
}
