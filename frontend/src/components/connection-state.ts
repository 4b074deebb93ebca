import { serverNow } from '../api/clock'
import type { ConnectionReason, ConnectionStatus } from '../api/types'
import { showPhone } from '../lib/phone'
import { clock, moment, span } from '../lib/time'
import { t } from '../text/messages.en'
import type { Tone } from '../ui/Lamp'

/** What the connection card shows: one lamp, one sentence, one next step. */
export type Face = {
  tone: Tone
  title: string
  detail?: string
  /** The one next step; `linking` shows the code instead. */
  action: 'connect' | 'new_code' | 'link_again' | 'resume' | 'manage' | 'linking' | 'none'
  /** Longer help, one tap away. */
  help?: { title: string; lines: readonly string[] }
}

/** faceOf describes a status. A new reason does not compile until it has a face. */
export function faceOf(status: ConnectionStatus, zone: string, now = serverNow()): Face {
  switch (status.whatsappConnectionStatus) {
    case 'connected':
      return connected(status, zone, now)
    case 'connecting':
      return connecting(status.reason)
    case 'reconnecting':
      return reconnecting(status, zone, now)
    case 'disconnected':
      return disconnected(status, zone, now)
  }
}

/** The line gives a sign of life at least this often, in milliseconds; a longer silence is worth saying. */
const silence = 120_000

const forGood = '9999'

/** isPaused tells whether the bot is told to be quiet now. */
export function isPaused(status: ConnectionStatus, now = serverNow()): boolean {
  return !!status.botPausedUntil && Date.parse(status.botPausedUntil) > now
}

function connected(status: ConnectionStatus, zone: string, now: number): Face {
  const c = t.connection
  if (isPaused(status, now)) {
    const until = status.botPausedUntil ?? ''
    const title = until.startsWith(forGood) ? c.pausedOpen : c.paused(moment(until, zone, now))
    return {
      tone: 'warn',
      title,
      detail: [showPhone(status.phone), c.pausedHelp].filter(Boolean).join(' · '),
      action: 'resume',
    }
  }
  const ago = (at: string) => t.ago(span(now - Date.parse(at)))
  const isSilent = !!status.lastHeardAt && now - Date.parse(status.lastHeardAt) > silence
  const detail = [
    status.lastConnectedAt && c.since(moment(status.lastConnectedAt, zone, now)),
    status.lastReplyAt && c.replied(ago(status.lastReplyAt)),
    status.lastHeardAt && (isSilent || !status.lastReplyAt) && c.heard(ago(status.lastHeardAt)),
    status.reason === 'catching_up' && c.catchingUp(status.catchingUp ?? 0),
    status.reason === 'degraded' && c.degraded,
    status.reason === 'phone_stale' && c.phoneStale,
  ]
  return {
    tone: status.reason === 'phone_stale' ? 'warn' : 'good',
    title: c.connected(showPhone(status.phone)),
    detail: detail.filter(Boolean).join(' · '),
    action: 'manage',
  }
}

function connecting(reason: ConnectionReason): Face {
  const c = t.connection
  if (reason === 'linking') return { tone: 'info', title: c.linking, detail: c.linkingHelp, action: 'linking' }
  if (reason === 'phone_outdated') {
    return { tone: 'warn', title: c.phoneOutdated, detail: c.phoneOutdatedHelp, action: 'linking' }
  }
  if (reason === 'passkey') return { tone: 'warn', ...passkey(), action: 'linking' }
  if (reason === 'code_shown') return { tone: 'info', title: c.waiting, action: 'linking' }
  return { tone: 'info', title: c.starting, action: 'linking' }
}

/** The same before and after the codes have run out: what to do is done on the phone. */
function passkey() {
  const c = t.connection
  return { title: c.passkey, detail: c.passkeyHelp, help: { title: c.whatToDo, lines: c.passkeySteps } }
}

function reconnecting(status: ConnectionStatus, zone: string, now: number): Face {
  const c = t.connection
  const since = status.lastDisconnectedAt ?? status.lastConnectionUpdate
  const detail = since ? `${c.reconnectingFor(span(now - Date.parse(since)), status.attempt)}. ` : ''
  const why = (c.why as Partial<Record<ConnectionReason, string>>)[status.reason]
  const next = status.nextAttemptAt && c.nextTry(clock(status.nextAttemptAt, zone))
  const lines = [why, next].filter((line): line is string => !!line)
  return {
    tone: 'warn',
    title: c.reconnecting,
    detail: detail + c.reconnectingHelp,
    action: 'none',
    help: lines.length > 0 ? { title: c.details, lines } : undefined,
  }
}

function disconnected(status: ConnectionStatus, zone: string, now: number): Face {
  const c = t.connection
  switch (status.reason) {
    case 'never_linked':
      return { tone: 'neutral', title: c.neverLinked, detail: c.neverLinkedHelp, action: 'connect' }
    case 'closed_by_owner':
      return { tone: 'neutral', title: c.closedByOwner, detail: c.closedByOwnerHelp, action: 'connect' }
    case 'unlinked_by_owner':
      return { tone: 'neutral', title: c.neverLinked, detail: c.unlinkedByOwnerHelp, action: 'connect' }
    case 'cancelled':
      return { tone: 'neutral', title: c.neverLinked, detail: c.cancelledHelp, action: 'connect' }
    case 'code_expired':
      return { tone: 'warn', title: c.expired, detail: c.expiredHelp, action: 'new_code' }
    case 'unlinked_on_phone': {
      const at = status.lastDisconnectedAt ? moment(status.lastDisconnectedAt, zone, now) : ''
      return { tone: 'danger', title: c.unlinkedOnPhone(at), detail: c.safe, action: 'link_again' }
    }
    case 'phone_gone':
      return { tone: 'danger', title: c.phoneGone, detail: c.phoneGoneHelp, action: 'link_again' }
    case 'replaced':
      return { tone: 'danger', title: c.replaced, detail: c.replacedHelp, action: 'connect' }
    case 'banned':
      return {
        tone: 'danger',
        title: c.banned,
        detail: [c.bannedHelp, status.nextAttemptAt && c.bannedUntil(moment(status.nextAttemptAt, zone, now))]
          .filter(Boolean)
          .join(' '),
        action: 'connect',
        help: { title: c.whatToDo, lines: c.bannedSteps },
      }
    case 'blocked':
      return { tone: 'danger', title: c.blocked, detail: c.blockedHelp, action: 'link_again' }
    case 'outdated':
      return { tone: 'danger', title: c.outdated, detail: c.outdatedHelp, action: 'none' }
    case 'pair_failed':
      return { tone: 'warn', title: c.pairFailed, detail: c.pairFailedHelp, action: 'new_code' }
    case 'pair_internal':
      return { tone: 'warn', title: c.pairInternal, detail: c.pairInternalHelp, action: 'new_code' }
    case 'passkey':
      return { tone: 'warn', ...passkey(), action: 'new_code' }
    case 'number_taken':
      return { tone: 'danger', title: c.numberTaken, detail: c.numberTakenHelp, action: 'connect' }
    case 'crashed':
      return { tone: 'danger', title: c.crashed, detail: c.crashedHelp, action: 'connect' }
    case 'plan_ended':
      return { tone: 'danger', title: c.planEnded, detail: c.planEndedHelp, action: 'none' }
    case 'suspended':
      return { tone: 'danger', title: c.suspended, detail: c.suspendedHelp, action: 'none' }
    case 'failed':
    case 'requested':
    case 'code_shown':
    case 'phone_outdated':
    case 'linking':
    case 'online':
    case 'catching_up':
    case 'degraded':
    case 'phone_stale':
    case 'restarted':
    case 'dropped':
    case 'network':
    case 'server_busy':
    case 'storage':
      return { tone: 'danger', title: c.failed, detail: c.failedHelp, action: 'connect' }
  }
}
