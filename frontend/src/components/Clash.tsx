import { ApiProblem } from '../api/problem'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Problem } from '../ui/Feedback'

type Props = { error: unknown; anyway: string; onForce: () => void; onBack?: () => void }

/** Words that are nearer to another FAQ, or saved tests that would fail: say which, and let the owner decide. */
export function Clash({ error, anyway, onForce, onBack }: Props) {
  if (!(error instanceof ApiProblem) || !['faq.clash', 'faq.tests_fail'].includes(error.code ?? ''))
    return <Problem error={error} />
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-control bg-warn-bg p-3 text-warn">
      <p className="min-w-40 flex-1 wrap-anywhere">{error.message}</p>
      <div className="flex flex-wrap gap-2">
        <Button onClick={onForce}>{anyway}</Button>
        {onBack && (
          <Button kind="quiet" onClick={onBack}>
            {pages.faq.back}
          </Button>
        )}
      </div>
    </div>
  )
}
