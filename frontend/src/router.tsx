import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router'
import { isSignedOut } from './api/problem'
import { meQuery } from './api/queries'
import type { InboxFilter } from './api/types'
import { goSignIn } from './lib/door-path'
import { RoutePending, RouteProblem, RouteUnknown } from './pages/fallbacks'

type Context = { queries: QueryClient }

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: RouteUnknown })

/** Everything below needs somebody signed in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ context }) => {
    try {
      await context.queries.ensureQueryData(meQuery)
    } catch (error) {
      if (!isSignedOut(error)) throw error
      goSignIn()
      await new Promise(() => {}) // the page is on its way out; show nothing in the meantime
    }
  },
})

const shell = createRoute({
  getParentRoute: () => inside,
  id: 'shell',
  component: lazyRouteComponent(() => import('./components/Shell'), 'Shell'),
})

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/HomePage'), 'HomePage'),
})
const whatsapp = createRoute({
  getParentRoute: () => shell,
  path: '/whatsapp',
  component: lazyRouteComponent(() => import('./pages/WhatsAppPage'), 'WhatsAppPage'),
})

const filters: readonly string[] = ['needs_you', 'bot', 'you', 'all']
const inbox = createRoute({
  getParentRoute: () => shell,
  path: '/inbox',
  validateSearch: (search: Record<string, unknown>): { filter?: InboxFilter } =>
    filters.includes(String(search.filter)) ? { filter: search.filter as InboxFilter } : {},
  component: lazyRouteComponent(() => import('./pages/InboxPage'), 'InboxPage'),
})
const noChat = createRoute({
  getParentRoute: () => inbox,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/InboxPage'), 'NoChat'),
})
const chat = createRoute({
  getParentRoute: () => inbox,
  path: '$id',
  component: lazyRouteComponent(() => import('./pages/ChatPage'), 'ChatPage'),
})

const faqs = createRoute({
  getParentRoute: () => shell,
  path: '/faqs',
  component: lazyRouteComponent(() => import('./pages/FaqsPage'), 'FaqsPage'),
})
const newFaq = createRoute({
  getParentRoute: () => shell,
  path: '/faqs/new',
  validateSearch: (search: Record<string, unknown>): { question?: string } =>
    typeof search.question === 'string' ? { question: search.question } : {},
  component: lazyRouteComponent(() => import('./pages/FaqPage'), 'NewFaqPage'),
})
const faq = createRoute({
  getParentRoute: () => shell,
  path: '/faqs/$id',
  component: lazyRouteComponent(() => import('./pages/FaqPage'), 'FaqPage'),
})

const stats = createRoute({
  getParentRoute: () => shell,
  path: '/stats',
  validateSearch: (search: Record<string, unknown>): { days?: 1 | 7 | 30 } => {
    const days = Number(search.days)
    return days === 1 || days === 7 || days === 30 ? { days } : {}
  },
  component: lazyRouteComponent(() => import('./pages/StatsPage'), 'StatsPage'),
})
const history = createRoute({
  getParentRoute: () => shell,
  path: '/history',
  validateSearch: (search: Record<string, unknown>): { type?: string } =>
    typeof search.type === 'string' && search.type ? { type: search.type } : {},
  component: lazyRouteComponent(() => import('./pages/HistoryPage'), 'HistoryPage'),
})
const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/SettingsPage'), 'SettingsPage'),
})
const missed = createRoute({
  getParentRoute: () => shell,
  path: '/missed',
  validateSearch: (search: Record<string, unknown>): { answer?: string } =>
    typeof search.answer === 'string' ? { answer: search.answer } : {},
  component: lazyRouteComponent(() => import('./pages/MissedPage'), 'MissedPage'),
})
const team = createRoute({
  getParentRoute: () => shell,
  path: '/team',
  component: lazyRouteComponent(() => import('./pages/TeamPage'), 'TeamPage'),
})
const alerts = createRoute({
  getParentRoute: () => shell,
  path: '/alerts',
  component: lazyRouteComponent(() => import('./pages/AlertsPage'), 'AlertsPage'),
})
const more = createRoute({
  getParentRoute: () => shell,
  path: '/more',
  component: lazyRouteComponent(() => import('./pages/MorePage'), 'MorePage'),
})
const admin = createRoute({
  getParentRoute: () => shell,
  path: '/admin',
  component: lazyRouteComponent(() => import('./pages/AdminPage'), 'AdminPage'),
})

const tree = root.addChildren([
  inside.addChildren([
    shell.addChildren([
      home,
      whatsapp,
      inbox.addChildren([noChat, chat]),
      faqs,
      newFaq,
      faq,
      stats,
      history,
      settings,
      missed,
      team,
      alerts,
      more,
      admin,
    ]),
  ]),
])

export function newRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 300,
    defaultPendingComponent: RoutePending,
    defaultErrorComponent: RouteProblem,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>
  }
}
