import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { settingsQuery } from '../api/queries'
import type { Audience, QuietMinutes, Settings } from '../api/types'
import { day, startOfDay } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Problem, Skeleton } from '../ui/Feedback'
import { RadioCard, SelectField, Switch, TextArea, TextField } from '../ui/Field'
import { AllowedNumbers } from './AllowedNumbers'
import { Carefulness } from './Carefulness'
import { HoursEditor } from './HoursEditor'
import { QuietHours } from './QuietHours'
import { type SettingsChange, useChangeSettings } from './settings'
import { useWorkspace } from './workspace'

/** How the bot talks: hours, greeting, away, silence, whom it answers, what the owner is told. Each is saved by itself. */
export function ConversationSettings() {
  const settings = useQuery(settingsQuery)
  if (settings.error && !settings.data)
    return <Problem error={settings.error} onRetry={() => void settings.refetch()} />
  if (!settings.data) return <Skeleton rows={6} />
  return (
    <>
      <Hours settings={settings.data} />
      <Texts settings={settings.data} />
      <Silence settings={settings.data} />
      <WhoIsAnswered settings={settings.data} />
      <Alerts settings={settings.data} />
      <Carefulness shift={settings.data.shift} />
    </>
  )
}

type Part = { settings: Settings }

/** A part of the settings that says when it is saved, and why not. */
function useSave() {
  const change = useChangeSettings()
  const note = (
    <>
      <Problem error={change.error} />
      <p role="status" className="min-h-5 text-14 text-muted">
        {change.isPending ? t.faqs.saving : change.isSuccess && pages.settings.saved}
      </p>
    </>
  )
  return { save: (values: SettingsChange) => change.mutate(values), busy: change.isPending, note }
}

function Hours({ settings }: Part) {
  const { save, busy, note } = useSave()
  return (
    <Card title={pages.talk.hours}>
      <div className="grid gap-4">
        <p className="text-muted">{pages.talk.hoursHelp(settings.timezone)}</p>
        <HoursEditor
          key={JSON.stringify(settings.hours)}
          hours={settings.hours}
          busy={busy}
          onSave={hours => save({ hours })}
        />
        <Holiday settings={settings} save={save} busy={busy} />
        {note}
      </div>
    </Card>
  )
}

function Holiday({ settings, save, busy }: Part & { save: (values: SettingsChange) => void; busy: boolean }) {
  const { timezone } = useWorkspace()
  const { holiday } = settings
  const [until, setUntil] = useState('')
  const [text, setText] = useState('')
  if (holiday && Date.parse(holiday.until) > Date.now())
    return (
      <div className="flex flex-wrap items-center justify-between gap-3 rounded-control bg-warn-bg p-3 text-warn">
        <p>
          {pages.talk.onHoliday(day(holiday.until, timezone))} {holiday.text && `“${holiday.text}”`}
        </p>
        <Button busy={busy} onClick={() => save({ holiday: null })}>
          {pages.talk.endHoliday}
        </Button>
      </div>
    )
  return (
    <details>
      <summary className="inline-flex min-h-11 items-center font-medium text-accent">{pages.talk.holiday}</summary>
      <div className="grid gap-3 pt-2">
        <TextField
          type="date"
          label={pages.talk.holidayUntil}
          value={until}
          onChange={event => setUntil(event.target.value)}
        />
        <TextArea
          label={pages.talk.holidayText}
          help={pages.talk.holidayTextHelp}
          maxLength={1000}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <Button
          className="justify-self-start"
          busy={busy}
          disabled={!until}
          onClick={() => save({ holiday: { until: startOfDay(Date.parse(`${until}T12:00:00Z`), timezone), text } })}
        >
          {pages.talk.startHoliday}
        </Button>
      </div>
    </details>
  )
}

function Texts({ settings }: Part) {
  return (
    <Card title={pages.talk.texts}>
      <div className="grid gap-6">
        <Text name="greeting" value={settings.greeting} standard={pages.talk.standardGreeting(settings.name)} />
        <Text name="away" value={settings.away} standard={pages.talk.standardAway} />
      </div>
    </Card>
  )
}

/** The standard text, the owner's own, or none. */
function Text({ name, value, standard }: { name: 'greeting' | 'away'; value: string | null; standard: string }) {
  const { save, busy, note } = useSave()
  const [own, setOwn] = useState(value ?? '')
  const [kind, setKind] = useState<'standard' | 'own' | 'none'>(
    value === null ? 'standard' : value === '' ? 'none' : 'own',
  )
  const words = pages.talk[name]
  const choose = (next: typeof kind) => {
    setKind(next)
    if (next === 'standard') save({ [name]: null })
    if (next === 'none') save({ [name]: '' })
  }
  const radio = (one: typeof kind, label: string, help: string) => (
    <RadioCard name={name} label={label} help={help} checked={kind === one} onChange={() => choose(one)} />
  )
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-strong">{words.title}</legend>
      <p className="text-14 text-muted">{words.help}</p>
      {radio('standard', pages.talk.standard, standard)}
      {radio('own', pages.talk.own, pages.talk.ownHelp)}
      {kind === 'own' && (
        <div className="grid gap-2">
          <TextArea label={words.field} maxLength={1000} value={own} onChange={event => setOwn(event.target.value)} />
          <Button
            className="justify-self-start"
            busy={busy}
            disabled={!own.trim() || own.trim() === value}
            onClick={() => save({ [name]: own.trim() })}
          >
            {pages.settings.save}
          </Button>
        </div>
      )}
      {radio('none', pages.talk.none, words.noneHelp)}
      {note}
    </fieldset>
  )
}

const quiet: QuietMinutes[] = [15, 60, 240, 720, 0]

function Silence({ settings }: Part) {
  const { save, note } = useSave()
  return (
    <Card title={pages.talk.quiet}>
      <div className="grid gap-3">
        <SelectField
          label={pages.talk.quietLabel}
          help={pages.talk.quietHelp}
          value={String(settings.quietMinutes)}
          onChange={event => save({ quietMinutes: Number(event.target.value) as QuietMinutes })}
        >
          {quiet.map(minutes => (
            <option key={minutes} value={minutes}>
              {pages.talk.quietFor(minutes)}
            </option>
          ))}
        </SelectField>
        <Switch label={pages.talk.read} on={settings.readReceipts} onChange={on => save({ readReceipts: on })} />
        <p className="text-14 text-muted">{pages.talk.readHelp}</p>
        {note}
      </div>
    </Card>
  )
}

const audiences: Audience[] = ['everyone', 'unsaved', 'allowed']

function WhoIsAnswered({ settings }: Part) {
  const { save, note } = useSave()
  return (
    <Card title={pages.talk.audience}>
      <fieldset className="grid gap-2">
        <legend className="sr-only">{pages.talk.audience}</legend>
        {audiences.map(one => (
          <RadioCard
            key={one}
            name="audience"
            label={pages.talk.audiences[one].label}
            help={pages.talk.audiences[one].help}
            checked={settings.audience === one}
            onChange={() => save({ audience: one })}
          />
        ))}
        {settings.audience !== 'everyone' && <AllowedNumbers empty={pages.talk.allowed.nobody[settings.audience]} />}
        {note}
      </fieldset>
    </Card>
  )
}

const waits = [5, 15, 30, 60, 120, 240, 720]

function Alerts({ settings }: Part): ReactNode {
  const { save, note } = useSave()
  return (
    <Card title={pages.talk.alerts}>
      <div className="grid gap-3">
        <p className="text-muted">{pages.talk.alertsHelp}</p>
        <Switch
          label={pages.talk.alertsOn}
          on={settings.alerts !== 'off'}
          onChange={on => save({ alerts: on ? 'on' : 'off' })}
        />
        {settings.alerts !== 'off' && <QuietHours alerts={settings.alerts} onChange={alerts => save({ alerts })} />}
        <SelectField
          label={pages.talk.waiting}
          help={pages.talk.waitingHelp}
          value={String(settings.waitingMinutes)}
          onChange={event => save({ waitingMinutes: Number(event.target.value) })}
        >
          {[...new Set([...waits, settings.waitingMinutes])]
            .sort((a, b) => a - b)
            .map(minutes => (
              <option key={minutes} value={minutes}>
                {pages.talk.waitingFor(minutes)}
              </option>
            ))}
        </SelectField>
        {note}
      </div>
    </Card>
  )
}
