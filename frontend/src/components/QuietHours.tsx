import { pages } from '../text/pages.en'
import { Switch } from '../ui/Field'

/** When alerts that are on hold their peace: "on" for never, or hours such as "22:00-7:00". */
export function QuietHours({ alerts, onChange }: { alerts: string; onChange: (alerts: string) => void }) {
  const [from = '', to = ''] = quietHours(alerts)
  const night = from !== ''
  return (
    <>
      <Switch label={pages.talk.night} on={night} onChange={on => onChange(on ? '22:00-7:00' : 'on')} />
      {night && (
        <div className="flex flex-wrap items-center gap-2">
          {[from, to].map((one, index) => (
            <input
              key={index === 0 ? 'from' : 'to'}
              type="time"
              aria-label={index === 0 ? pages.talk.nightFrom : pages.talk.nightTo}
              value={one}
              onChange={event => {
                if (!event.target.value) return
                const next = index === 0 ? [event.target.value, to] : [from, event.target.value]
                if (next[0] !== next[1]) onChange(next.join('-'))
              }}
              className="field w-auto"
            />
          ))}
        </div>
      )}
    </>
  )
}

/** The two ends of quiet hours, as the browser wants them; none when alerts are on or off. */
export function quietHours(alerts: string): string[] {
  return alerts.includes('-') ? alerts.split('-').map(padded) : []
}

/** "22" and "7:30", as a command writes them. */
function padded(clock: string): string {
  const [hours = '0', minutes = '00'] = clock.trim().split(':')
  return `${hours.padStart(2, '0')}:${minutes.padStart(2, '0')}`
}
