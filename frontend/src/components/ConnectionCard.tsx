import { ChevronDown, Pause, Play } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import type { ConnectionStatus, LinkCode, LinkMethod } from '../api/types'
import { showPhone } from '../lib/phone'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Problem, Skeleton } from '../ui/Feedback'
import { Lamp, TEXT } from '../ui/Lamp'
import { type Face, faceOf } from './connection-state'

// Needed after a tap only, so not part of the first load; the card fetches them as soon as it is touched.
const loadPanel = () => import('./LinkPanel')
const loadDialogs = () => import('./connection-dialogs')
const LinkPanel = lazy(() => loadPanel().then(m => ({ default: m.LinkPanel })))
const DisconnectDialog = lazy(() => loadDialogs().then(m => ({ default: m.DisconnectDialog })))
const PauseDialog = lazy(() => loadDialogs().then(m => ({ default: m.PauseDialog })))

export type ConnectionActions = {
  connect: (method: LinkMethod, phone?: string) => void
  disconnect: (unlink: boolean) => void
  pause: (minutes?: number) => void
  resume: () => void
}

type Props = {
  status: ConnectionStatus
  /** The code to link with; null when there is none now. */
  link?: LinkCode | null
  zone: string
  now: number
  /** True on a phone, where a picture on the same screen cannot be scanned. */
  codeFirst: boolean
  busy: boolean
  error?: unknown
  actions: ConnectionActions
}

/** The line between the business's number and us, in every state it can be in. */
export function ConnectionCard({ status, link, zone, now, codeFirst, busy, error, actions }: Props) {
  const [picked, setPicked] = useState<LinkMethod>()
  const [opened, setOpened] = useState<string>()
  const [asking, setAsking] = useState<'disconnect' | 'pause'>()
  const face = faceOf(status, zone, now)
  const isConnecting = status.whatsappConnectionStatus === 'connecting'
  const method = picked ?? (codeFirst || link?.pairingCode ? 'code' : 'qr')
  // Asking for the number opens the panel before anything is requested; it closes by itself once the status has moved.
  const moment = `${status.reason} ${status.lastConnectionUpdate}`
  const showPanel = isConnecting
    ? status.reason !== 'linking'
    : opened === moment && status.whatsappConnectionStatus === 'disconnected'
  const start = () => {
    if (method === 'qr') actions.connect('qr')
    else setOpened(moment)
  }
  const cancel = () => {
    setOpened(undefined)
    if (isConnecting) actions.disconnect(false)
  }
  const close = () => setAsking(undefined)
  const preload = () => void Promise.all([loadPanel(), loadDialogs()])
  return (
    <section
      aria-label={t.connection.title}
      onPointerEnter={preload}
      onFocus={preload}
      className="grid gap-4 rounded-card border border-line bg-surface p-4"
    >
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <FaceText face={face} />
        {!showPanel && (
          <Actions
            face={face}
            busy={busy}
            onStart={start}
            onAsk={setAsking}
            onResume={actions.resume}
            canDisconnect={status.whatsappConnectionStatus === 'reconnecting'}
          />
        )}
      </div>
      {showPanel && (
        <Suspense fallback={<Skeleton rows={4} />}>
          <LinkPanel
            codeFirst={codeFirst}
            method={method}
            onMethod={setPicked}
            connecting={isConnecting}
            link={link}
            busy={busy || (isConnecting && status.reason === 'requested')}
            onConnect={actions.connect}
            onCancel={cancel}
          />
        </Suspense>
      )}
      {face.help && <Help title={face.help.title} lines={face.help.lines} />}
      {status.reason === 'never_linked' && <Risk />}
      <Problem error={error} />
      <Suspense>
        {asking === 'disconnect' && (
          <DisconnectDialog
            phone={showPhone(status.phone)}
            onClose={close}
            onConfirm={unlink => {
              close()
              actions.disconnect(unlink)
            }}
          />
        )}
        {asking === 'pause' && (
          <PauseDialog
            onClose={close}
            onConfirm={minutes => {
              close()
              actions.pause(minutes)
            }}
          />
        )}
      </Suspense>
    </section>
  )
}

function FaceText({ face }: { face: Face }) {
  return (
    <div role="status" className="flex min-w-0 flex-1 basis-64 items-start gap-3">
      <span className="flex h-7 items-center">
        <Lamp tone={face.tone} />
      </span>
      <div className="min-w-0">
        <p className={`text-18 font-strong ${TEXT[face.tone]}`}>{face.title}</p>
        {face.detail && <p className="text-muted">{face.detail}</p>}
      </div>
    </div>
  )
}

type ActionsProps = {
  face: Face
  busy: boolean
  canDisconnect: boolean
  onStart: () => void
  onAsk: (what: 'disconnect' | 'pause') => void
  onResume: () => void
}

const START = { connect: t.connection.connect, new_code: t.connection.newCode, link_again: t.connection.linkAgain }

function Actions({ face, busy, canDisconnect, onStart, onAsk, onResume }: ActionsProps) {
  const disconnect = (
    <Button kind="quiet" busy={busy} onClick={() => onAsk('disconnect')}>
      {t.connection.disconnect}
    </Button>
  )
  switch (face.action) {
    case 'connect':
    case 'new_code':
    case 'link_again':
      return (
        <Button kind="primary" busy={busy} onClick={onStart} className="max-md:w-full">
          {START[face.action]}
        </Button>
      )
    case 'manage':
      return (
        <div className="flex gap-1">
          <Button kind="plain" busy={busy} onClick={() => onAsk('pause')}>
            <Pause aria-hidden size={18} /> {t.connection.pause}
          </Button>
          {disconnect}
        </div>
      )
    case 'resume':
      return (
        <div className="flex gap-1">
          <Button kind="primary" busy={busy} onClick={onResume}>
            <Play aria-hidden size={18} /> {t.connection.resume}
          </Button>
          {disconnect}
        </div>
      )
    case 'linking':
    case 'none':
      return canDisconnect ? disconnect : null
  }
}

function Help({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <details className="group">
      <summary className="inline-flex min-h-11 items-center gap-1 font-medium">
        {title} <ChevronDown aria-hidden size={18} className="group-open:rotate-180" />
      </summary>
      <ul className="grid list-disc gap-1 pl-5 text-muted">
        {lines.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  )
}

/** Said before the first link, and not in small print. */
function Risk() {
  return (
    <div className="border-t border-line pt-3 text-14">
      <p className="text-muted">{t.connection.riskShort}</p>
      <details className="group">
        <summary className="inline-flex min-h-11 items-center gap-1 font-medium">
          {t.connection.risk} <ChevronDown aria-hidden size={16} className="group-open:rotate-180" />
        </summary>
        <p className="text-muted">{t.connection.riskText}</p>
      </details>
    </div>
  )
}
