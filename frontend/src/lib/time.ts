/** Dates for people. The zone is the workspace's, because a shop lives in one place. */
const cache = new Map<string, Intl.DateTimeFormat>()

function formatter(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = timeZone + JSON.stringify(options)
  let made = cache.get(key)
  if (!made) {
    made = new Intl.DateTimeFormat('en-GB', { timeZone, ...options })
    cache.set(key, made)
  }
  return made
}

/** 14:02 */
export const clock = (at: string, zone: string) =>
  formatter(zone, { hour: '2-digit', minute: '2-digit' }).format(Date.parse(at))

/** 14:02:08 */
export const clockSeconds = (at: string, zone: string) =>
  formatter(zone, { timeStyle: 'medium' }).format(Date.parse(at))

/** 22 Nov */
export const day = (at: string, zone: string) =>
  formatter(zone, { day: 'numeric', month: 'short' }).format(Date.parse(at))

/** Saturday */
export const weekday = (at: string, zone: string) => formatter(zone, { weekday: 'long' }).format(Date.parse(at))

/** Saturday 22 November */
export const longDay = (at: string, zone: string) =>
  formatter(zone, { weekday: 'long', day: 'numeric', month: 'long' }).format(Date.parse(at))

/** 14:02 today, else 22 Nov, 14:02 */
export function moment(at: string, zone: string, now: number): string {
  return isSameDay(at, now, zone) ? clock(at, zone) : `${day(at, zone)}, ${clock(at, zone)}`
}

export function isSameDay(at: string, now: number, zone: string): boolean {
  const date = formatter(zone, { dateStyle: 'short' })
  return date.format(Date.parse(at)) === date.format(now)
}

/** The first instant of the day that `now` lies in, `daysBack` days earlier. */
export function startOfDay(now: number, zone: string, daysBack = 0): string {
  const parts = formatter(zone, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now)
  const part = (type: string) => Number(parts.find(p => p.type === type)?.value ?? 0)
  const sinceMidnight = ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1000 + (now % 1000)
  return new Date(now - sinceMidnight - daysBack * 86_400_000).toISOString()
}

/** 4 min, 2 h, 3 days: the largest unit that says enough. */
export function span(milliseconds: number): string {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000)
  if (minutes < 1) return 'under 1 min'
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h`
  return `${Math.floor(hours / 24)} days`
}

/** 1.1 s, 420 ms */
export function replyTime(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`
}

/** 0:17 */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
