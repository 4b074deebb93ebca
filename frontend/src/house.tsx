import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { newQueryClient } from './api/queries'
import { onSignedOut } from './api/session'
import { goSignIn } from './lib/door-path'
import { newRouter } from './router'

/** The dashboard, for somebody who is signed in. */
export function openHouse(root: HTMLElement): void {
  const queries = newQueryClient()
  const router = newRouter(queries)
  onSignedOut(goSignIn)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )
}
