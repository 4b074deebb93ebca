import { lazy, Suspense, useState } from 'react'
import type { OnboardingStep } from '../api/types'
import { useChangeSettings } from '../components/settings'
import { useLive } from '../components/use-live'
import { useWorkspace } from '../components/workspace'
import { goInside } from '../lib/door-path'
import { useTitle } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Problem, Skeleton } from '../ui/Feedback'
import { Logo } from '../ui/Logo'

const LinkStep = lazy(() => import('./welcome/LinkStep').then(m => ({ default: m.LinkStep })))
const FaqsStep = lazy(() => import('./welcome/FaqsStep').then(m => ({ default: m.FaqsStep })))
const TestStep = lazy(() => import('./welcome/TestStep').then(m => ({ default: m.TestStep })))

/** Signing up was the first step; the others are resumed from where the workspace says it is. */
const steps: readonly OnboardingStep[] = ['link', 'faqs', 'test']

/** The wizard; when it is long done, only the starter FAQs are offered again. */
export function WelcomePage() {
  const { onboarding } = useWorkspace()
  const [wasDone] = useState(onboarding.step === 'done')
  return wasDone ? <Examples /> : <Wizard />
}

function Examples() {
  useTitle(t.faqs.examples)
  const back = () => goInside('/faqs')
  return (
    <main className="mx-auto grid w-full max-w-3xl content-start gap-6 p-4 pb-12 lg:pt-8">
      <Logo />
      <Suspense fallback={<Skeleton rows={5} />}>
        <FaqsStep busy={false} onBack={back} onNext={back} />
      </Suspense>
    </main>
  )
}

/** Business, link, FAQs, live test. */
function Wizard() {
  useTitle(t.welcome.progress)
  useLive()
  const { onboarding } = useWorkspace()
  const change = useChangeSettings()
  const step = onboarding.step === 'done' ? 'test' : onboarding.step
  const go = (onboardingStep: OnboardingStep) =>
    change.mutate(
      { onboardingStep },
      { onSuccess: () => (onboardingStep === 'done' ? goInside('/') : window.scrollTo(0, 0)) },
    )
  const number = steps.indexOf(step) + 2
  return (
    <main className="mx-auto grid w-full max-w-3xl content-start gap-6 p-4 pb-12 lg:pt-8">
      <div className="grid gap-3">
        <div className="flex items-center justify-between gap-4">
          <Logo />
          <span className="text-muted">{t.welcome.step(number, 4)}</span>
        </div>
        <progress aria-label={t.welcome.progress} value={number} max={4} className="sr-only" />
        <div aria-hidden className="grid grid-cols-4 gap-1.5">
          {[1, 2, 3, 4].map(n => (
            <span key={n} className={`h-1 rounded-full ${n <= number ? 'bg-accent' : 'bg-line'}`} />
          ))}
        </div>
      </div>
      <Problem error={change.error} />
      <Suspense fallback={<Skeleton rows={5} />}>
        {step === 'link' && <LinkStep busy={change.isPending} onNext={() => go('faqs')} />}
        {step === 'faqs' && <FaqsStep busy={change.isPending} onBack={() => go('link')} onNext={() => go('test')} />}
        {step === 'test' && (
          <TestStep
            busy={change.isPending}
            onBack={() => go('faqs')}
            onLink={() => go('link')}
            onNext={() => go('done')}
          />
        )}
      </Suspense>
    </main>
  )
}
