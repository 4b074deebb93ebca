import { QueryClientProvider, useQuery } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isSignedOut } from './api/problem'
import { meQuery, newQueryClient } from './api/queries'
import { onSignedOut } from './api/session'
import { goDoor, useDoorPath } from './lib/door-path'
import { LinkPage } from './pages/LinkPage'
import { SignInPage } from './pages/SignInPage'
import { SignUpPage } from './pages/SignUpPage'
import { WelcomePage } from './pages/WelcomePage'
import { Problem, Skeleton } from './ui/Feedback'

/** Sign up, sign in, and the four steps after it. */
export function openDoor(root: HTMLElement): void {
  onSignedOut(() => {
    if (window.location.pathname === '/welcome') goDoor('/sign-in')
  })
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={newQueryClient()}>
        <Door />
      </QueryClientProvider>
    </StrictMode>,
  )
}

function Door() {
  switch (useDoorPath()) {
    case '/sign-up':
      return <SignUpPage />
    case '/link':
      return <LinkPage />
    case '/welcome':
      return <Welcome />
    default:
      return <SignInPage />
  }
}

function Welcome() {
  const me = useQuery(meQuery)
  if (me.data) return <WelcomePage />
  if (me.error && !isSignedOut(me.error)) {
    return <Problem error={me.error} onRetry={() => void me.refetch()} className="m-4" />
  }
  return <Skeleton rows={5} className="mx-auto max-w-3xl" />
}
