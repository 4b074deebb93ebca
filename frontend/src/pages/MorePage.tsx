import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { navItems } from '../components/Shell'
import { useMe } from '../components/workspace'
import { t } from '../text/messages.en'
import { Card } from '../ui/Card'
import { Page } from '../ui/Page'

/** What does not fit the phone's bar. */
export function MorePage() {
  const me = useMe()
  return (
    <Page title={t.nav.more} heading={me.workspace.name}>
      <Card flush>
        <nav aria-label={t.nav.more}>
          <ul className="divide-y divide-line">
            {navItems(me, 0)
              .slice(4)
              .map(({ to, label, icon: Icon }) => (
                <li key={to}>
                  <Link to={to} className="flex min-h-14 items-center gap-3 px-4 hover:bg-sunken">
                    <Icon aria-hidden size={20} className="text-muted" />
                    <span className="flex-1">{label}</span>
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
