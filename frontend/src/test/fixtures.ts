import type { ConnectionReason, ConnectionStatus, LinkCode } from '../api/types'

export const now = Date.parse('2026-11-22T14:02:00Z')
export const zone = 'Africa/Lagos'

/** A status with the least that is true of every one; the rest is what the test is about. */
export function aStatus(
  whatsappConnectionStatus: ConnectionStatus['whatsappConnectionStatus'],
  reason: ConnectionReason,
  more: Partial<ConnectionStatus> = {},
): ConnectionStatus {
  return {
    workspaceId: 'w1',
    whatsappConnected: whatsappConnectionStatus === 'connected',
    whatsappConnectionStatus,
    reason,
    phone: null,
    lastConnectedAt: null,
    lastDisconnectedAt: null,
    lastConnectionUpdate: '2026-11-22T14:00:00Z',
    disconnectReason: null,
    attempt: 0,
    nextAttemptAt: null,
    ...more,
  }
}

export function aCode(more: Partial<LinkCode> = {}): LinkCode {
  return {
    code: '2@raw,text,of,the,code',
    pairingCode: null,
    attempt: 1,
    of: 6,
    expiresAt: '2026-11-22T14:02:20Z',
    ...more,
  }
}
