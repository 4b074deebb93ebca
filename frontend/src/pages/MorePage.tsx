import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useUnseen } from '../components/alerts'
import { navItems } from '../components/Shell'
import { useMe } from '../components/workspace'
import { t } from '../text/messages.en'
import { Card } from '../ui/Card'
import { Page } from '../ui/Page'

/** What does not fit the phone's bar. */
export function MorePage() {
  const me = useMe()
  const unseen = useUnseen()
  return (
    <Page title={t.nav.more} heading={me.workspace.name}>
      <Card flush>
        <nav aria-label={t.nav.more}>
          <ul className="divide-y divide-line">
            {navItems(me, 0, unseen)
              .slice(4)
              .map(({ to, label, icon: Icon, count }) => (
                <li key={to}>
                  <Link to={to} className="flex min-h-14 items-center gap-3 px-4 hover:bg-sunken">
                    <Icon aria-hidden size={20} className="text-muted" />
                    <span className="flex-1">{label}</span>
                    {!!count && (
                      <span className="rounded-full bg-human px-1.5 text-12 font-strong text-bg">
                        <span className="sr-only">{t.nav.unseen(count)}</span>
                        <span aria-hidden>{count}</span>
                      </span>
                    )}
                    <ChevronRight aria-hidden size={18} className="text-muted" />
                  </Link>
                </li>
              ))}
          </ul>
        </nav>
      </Card>
    </Page>
  )
}
