import { useQuery } from '@tanstack/react-query'
import { faqsQuery, settingsQuery } from '../api/queries'
import { pages } from '../text/pages.en'
import { Card } from '../ui/Card'
import { Problem } from '../ui/Feedback'
import { Switch } from '../ui/Field'
import { useChangeSettings } from './settings'

const places = 5

/** Whether an FAQ always stands in the menu. It is saved by itself, and FAQs that are gone make room. */
export function MenuPin({ id }: { id: string }) {
  const settings = useQuery(settingsQuery)
  const faqs = useQuery(faqsQuery)
  const change = useChangeSettings()
  if (!settings.data || !faqs.data) return <Problem error={settings.error ?? faqs.error} />
  const there = new Set(faqs.data.map(faq => faq.id))
  const pinned = settings.data.menu.filter(one => there.has(one))
  const on = pinned.includes(id)
  const full = !on && pinned.length >= places
  return (
    <Card>
      <div className="grid gap-1">
        <div>
          <Switch
            label={pages.menu.pin}
            on={on}
            disabled={full || change.isPending}
            onChange={pin => change.mutate({ menu: pin ? [...pinned, id] : pinned.filter(one => one !== id) })}
          />
        </div>
        <p className="text-14 text-muted">{full ? pages.menu.full : pages.menu.help}</p>
        <Problem error={change.error} />
      </div>
    </Card>
  )
}
