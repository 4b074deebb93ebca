import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { useTitle } from '../lib/hooks'
import { t } from '../text/messages.en'
import { buttonClass } from '../ui/Button'
import { Empty, Problem, Skeleton } from '../ui/Feedback'

export function RoutePending() {
  return <Skeleton rows={4} className="mx-auto w-full max-w-4xl" />
}

/** A page that did not load says so, and tries again on a tap. */
export function RouteProblem({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  useTitle(t.problem.page)
  const again = () => {
    reset()
    void router.invalidate()
  }
  return (
    <main className="mx-auto grid w-full max-w-4xl gap-4 p-4">
      <h1 className="text-22">{t.problem.page}</h1>
      <Problem error={error} onRetry={again} />
    </main>
  )
}

export function RouteUnknown() {
  useTitle(t.problem.notFound)
  return (
    <main className="mx-auto max-w-4xl p-4">
      <h1 className="sr-only">{t.problem.notFound}</h1>
      <Empty title={t.problem.notFound}>
        <p>{t.problem.notFoundHelp}</p>
        <Link to="/" className={buttonClass('primary')}>
          {t.problem.home}
        </Link>
      </Empty>
    </main>
  )
}
