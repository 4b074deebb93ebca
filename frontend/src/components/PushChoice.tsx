import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type PushState, pushState, switchPushOff, switchPushOn } from '../lib/push'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Problem, Skeleton } from '../ui/Feedback'
import { useMe } from './workspace'

const queryKey = ['push']

/** Alerts on this phone or computer while the dashboard is closed: what comes, and how it stands. */
export function PushChoice() {
  const { user } = useMe()
  const queries = useQueryClient()
  const state = useQuery({ queryKey, queryFn: pushState, staleTime: 0 })
  const change = useMutation({
    mutationFn: async (on: boolean): Promise<PushState> => {
      if (on) return switchPushOn(user.id)
      await switchPushOff()
      return 'off'
    },
    onSuccess: now => queries.setQueryData(queryKey, now),
    onError: () => void state.refetch(),
  })
  const p = pages.push
  if (state.isPending) return <Skeleton rows={2} />
  if (state.error && !state.data) return <Problem error={state.error} onRetry={() => void state.refetch()} />
  return (
    <div className="grid gap-3">
      <p>{p.what}</p>
      <p className="text-14 text-muted">{p.quiet}</p>
      <p role="status" className={state.data === 'on' ? 'font-medium' : 'text-muted'}>
        {p.states[state.data ?? 'off']}
      </p>
      {change.error && (
        <p role="alert" className="rounded-control bg-danger-bg p-3 text-danger">
          {p.failed}
        </p>
      )}
      {(state.data === 'off' || state.data === 'on') && (
        <div>
          <Button
            kind={state.data === 'on' ? 'plain' : 'primary'}
            busy={change.isPending}
            onClick={() => change.mutate(state.data === 'off')}
          >
            {state.data === 'on' ? p.switchOff : p.switchOn}
          </Button>
        </div>
      )}
    </div>
  )
}
