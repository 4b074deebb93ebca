import { ApiProblem } from '../api/problem'
import { Button } from '../ui/Button'
import { Problem } from '../ui/Feedback'

/** Words that are nearer to another FAQ: say which, and let the owner decide. */
export function Clash({ error, anyway, onForce }: { error: unknown; anyway: string; onForce: () => void }) {
  if (!(error instanceof ApiProblem) || error.code !== 'faq.clash') return <Problem error={error} />
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-control bg-warn-bg p-3 text-warn">
      <p className="min-w-40 flex-1">{error.message}</p>
      <Button onClick={onForce}>{anyway}</Button>
    </div>
  )
}
