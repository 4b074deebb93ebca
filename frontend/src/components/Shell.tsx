import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import { clsx } from 'clsx'
import {
  Bell,
  BookOpenText,
  ChartNoAxesColumn,
  Ellipsis,
  History,
  House,
  Inbox,
  type LucideIcon,
  MessageCircle,
  MessageCircleQuestionMark,
  Settings,
  Users,
  UsersRound,
} from 'lucide-react'
import { needsYouQuery } from '../api/queries'
import type { Me } from '../api/types'
import { WaitingCount } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Logo } from '../ui/Logo'
import { useUnseen } from './alerts'
import { ConnectionBanner } from './ConnectionBanner'
import { PlanNote } from './PlanNote'
import { useLive, usePush } from './use-live'
import { useMe } from './workspace'

export type NavItem = {
  to:
    | '/'
    | '/inbox'
    | '/faqs'
    | '/missed'
    | '/team'
    | '/alerts'
    | '/whatsapp'
    | '/stats'
    | '/history'
    | '/settings'
    | '/admin'
  label: string
  icon: LucideIcon
  count?: number
}

/** navItems lists the pages this person may open. The first four fit a phone's bar; the rest is behind "More". */
export function navItems(me: Me, waiting: number, unseen = 0): NavItem[] {
  const items: NavItem[] = [
    { to: '/', label: t.nav.home, icon: House },
    { to: '/inbox', label: t.nav.inbox, icon: Inbox, count: waiting },
    { to: '/faqs', label: t.nav.faqs, icon: BookOpenText },
    { to: '/stats', label: t.nav.stats, icon: ChartNoAxesColumn },
    { to: '/missed', label: t.nav.missed, icon: MessageCircleQuestionMark },
    { to: '/alerts', label: t.nav.alerts, icon: Bell, count: unseen },
    { to: '/whatsapp', label: t.nav.whatsapp, icon: MessageCircle },
    { to: '/team', label: t.nav.team, icon: UsersRound },
    { to: '/history', label: t.nav.history, icon: History },
    { to: '/settings', label: t.nav.settings, icon: Settings },
  ]
  if (me.user.role === 'platform_admin') items.push({ to: '/admin', label: t.nav.admin, icon: Users })
  return items
}

/** useWaiting counts the chats that wait for a person. */
export function useWaiting(): number {
  return useQuery(needsYouQuery).data ?? 0
}

/** The room around every page: navigation, the banner, the live stream. */
export function Shell() {
  const me = useMe()
  const waiting = useWaiting()
  useLive()
  usePush(me.user.id)
  const unseen = useUnseen()
  const items = navItems(me, waiting, unseen)
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[14rem_1fr]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-20 focus:rounded-control focus:bg-surface focus:p-3"
      >
        {t.skipToContent}
      </a>
      <SideNav items={items} me={me} />
      <div className="min-w-0 pb-20 lg:pb-0">
        <ConnectionBanner />
        <main id="content" tabIndex={-1} className="p-4 outline-none lg:p-8">
          <WaitingCount value={waiting}>
            <Outlet />
          </WaitingCount>
        </main>
      </div>
      <BottomNav items={items.slice(0, 4)} unseen={unseen} />
    </div>
  )
}

function SideNav({ items, me }: { items: NavItem[]; me: Me }) {
  return (
    <aside className="sticky top-0 hidden h-dvh flex-col gap-1 border-r border-line p-3 lg:flex">
      <Link to="/" className="mb-1 p-2">
        <Logo />
      </Link>
      <p className="truncate px-2 pb-3 text-14 text-muted" title={me.workspace.name}>
        {me.workspace.name}
      </p>
      <nav aria-label={t.nav.label} className="grid gap-0.5">
        {items.map(({ to, label, icon: Icon, count }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === '/' }}
            className="flex min-h-11 items-center gap-3 rounded-control px-3 text-muted hover:bg-sunken hover:text-ink aria-[current=page]:bg-sunken aria-[current=page]:font-medium aria-[current=page]:text-ink"
          >
            <Icon aria-hidden size={20} />
            <span className="flex-1">{label}</span>
            <Count n={count} alerts={to === '/alerts'} />
          </Link>
        ))}
      </nav>
      <div className="mt-auto">
        <PlanNote plan={me.workspace.plan} zone={me.workspace.timezone} />
      </div>
    </aside>
  )
}

function BottomNav({ items, unseen }: { items: NavItem[]; unseen: number }) {
  return (
    <nav
      aria-label={t.nav.label}
      className="fixed inset-x-0 bottom-0 z-10 grid grid-cols-5 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {items.map(({ to, label, icon: Icon, count }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === '/' }} className={tab}>
          <span className="relative">
            <Icon aria-hidden size={22} />
            <Count n={count} floating />
          </span>
          {label}
        </Link>
      ))}
      <Link to="/more" className={tab}>
        <span className="relative">
          <Ellipsis aria-hidden size={22} />
          <Count n={unseen} floating alerts />
        </span>
        {t.nav.more}
      </Link>
    </nav>
  )
}

const tab =
  'grid min-h-14 content-center justify-items-center gap-0.5 text-12 text-muted aria-[current=page]:font-strong aria-[current=page]:text-accent'

function Count({ n, floating, alerts }: { n?: number; floating?: boolean; alerts?: boolean }) {
  if (!n) return null
  return (
    <span
      className={clsx(
        'rounded-full bg-human px-1.5 text-12 font-strong whitespace-nowrap text-bg',
        floating && 'absolute -top-1.5 left-3.5',
      )}
    >
      <span className="sr-only">{alerts ? t.nav.unseen(n) : t.nav.waiting(n)}</span>
      <span aria-hidden>{n > 99 ? '99+' : n}</span>
    </span>
  )
}
