import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Opening } from '../api/types'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Switch } from '../ui/Field'

const week = [1, 2, 3, 4, 5, 6, 0]
const nine: Omit<Opening, 'day'> = { from: 9 * 60, to: 18 * 60 }

/** 9 * 60 → "09:00"; the end of the day is midnight. */
export const clockOf = (minutes: number) =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

/** "09:00" → 540; an end at midnight is the end of the day. */
export function minutesOf(clock: string, end: boolean): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return end && hours + minutes === 0 ? 24 * 60 : hours * 60 + minutes
}

/** Opening hours: several stretches a day, past midnight too, a day closed, Monday copied to the other weekdays. */
export function HoursEditor({
  hours,
  busy,
  onSave,
}: {
  hours: Opening[] | null
  busy: boolean
  onSave: (hours: Opening[] | null) => void
}) {
  const [open, setOpen] = useState(hours)
  const changed = JSON.stringify(open) !== JSON.stringify(hours)
  const on = (day: number) => (open ?? []).filter(one => one.day === day)
  const set = (day: number, openings: Opening[]) =>
    setOpen([...(open ?? []).filter(one => one.day !== day), ...openings].sort((a, b) => a.day - b.day))
  const toggle = (always: boolean) => setOpen(always ? null : (hours ?? [1, 2, 3, 4, 5].map(day => ({ day, ...nine }))))
  const copyMonday = () => {
    const monday = on(1)
    setOpen([
      ...(open ?? []).filter(one => one.day === 0 || one.day === 6),
      ...[1, 2, 3, 4, 5].flatMap(day => monday.map(one => ({ ...one, day }))),
    ])
  }
  const invalid = open?.some(one => one.from === one.to)
  return (
    <div className="grid gap-3">
      <Switch label={pages.talk.always} on={open === null} onChange={toggle} />
      {open && (
        <>
          <ul className="grid gap-1">
            {week.map(day => (
              <Day key={day} day={day} openings={on(day)} onChange={openings => set(day, openings)} />
            ))}
          </ul>
          <Button kind="quiet" className="justify-self-start" onClick={copyMonday}>
            {pages.talk.copyMonday}
          </Button>
          <p className="text-14 text-muted">{pages.talk.overnight}</p>
        </>
      )}
      {invalid && <p className="text-14 text-danger">{pages.talk.sameTime}</p>}
      {changed && (
        <div className="flex gap-2">
          <Button kind="primary" busy={busy} disabled={invalid} onClick={() => onSave(open)}>
            {pages.settings.save}
          </Button>
          <Button kind="quiet" onClick={() => setOpen(hours)}>
            {t.cancel}
          </Button>
        </div>
      )}
    </div>
  )
}

function Day({
  day,
  openings,
  onChange,
}: {
  day: number
  openings: Opening[]
  onChange: (openings: Opening[]) => void
}) {
  const name = pages.talk.days[day] ?? ''
  const change = (index: number, part: Partial<Opening>) =>
    onChange(openings.map((one, i) => (i === index ? { ...one, ...part } : one)))
  return (
    <li className="grid grid-cols-[1fr_auto] items-start gap-x-2 md:grid-cols-[3.5rem_1fr_auto]">
      <span className="flex min-h-11 items-center font-medium">{name.slice(0, 3)}</span>
      <div className="grid gap-1 max-md:order-3 max-md:col-span-2">
        {openings.length === 0 && <span className="flex min-h-11 items-center text-muted">{pages.talk.closed}</span>}
        {openings.map((one, index) => (
          <span key={index} className="flex items-center gap-1">
            <input
              type="time"
              required
              aria-label={pages.talk.opens(name)}
              value={clockOf(one.from)}
              onChange={event => event.target.value && change(index, { from: minutesOf(event.target.value, false) })}
              className="field w-auto min-w-0 max-md:flex-1 max-md:px-2 [&::-webkit-calendar-picker-indicator]:hidden"
            />
            <span aria-hidden>–</span>
            <input
              type="time"
              required
              aria-label={pages.talk.closes(name)}
              value={clockOf(one.to)}
              onChange={event => event.target.value && change(index, { to: minutesOf(event.target.value, true) })}
              className="field w-auto min-w-0 max-md:flex-1 max-md:px-2 [&::-webkit-calendar-picker-indicator]:hidden"
            />
            <button
              type="button"
              aria-label={pages.talk.removeHours(name)}
              onClick={() => onChange(openings.filter((_, i) => i !== index))}
              className="grid size-11 place-items-center rounded-control text-muted hover:bg-sunken"
            >
              <Trash2 aria-hidden size={18} />
            </button>
          </span>
        ))}
      </div>
      <button
        type="button"
        aria-label={pages.talk.addHours(name)}
        onClick={() => onChange([...openings, { day, ...(openings.length ? { from: 19 * 60, to: 22 * 60 } : nine) }])}
        className="grid size-11 place-items-center rounded-control text-muted hover:bg-sunken"
      >
        <Plus aria-hidden size={18} />
      </button>
    </li>
  )
}
