import type { Analytics } from '../api/types'
import { clock, day } from '../lib/time'

export type Bucket = { label: string; messages: number; answered: number; unanswered: number }

const hour = 3_600_000

/** byHour gathers today's figures into 24 hours, empty ones included. */
export function byHour(stats: Analytics, zone: string): Bucket[] {
  return gather(stats, Date.parse(stats.from), hour, 24, at => clock(at, zone))
}

/** byDay gathers the figures into days. */
export function byDay(stats: Analytics, zone: string, days: number): Bucket[] {
  return gather(stats, Date.parse(stats.from), 24 * hour, days, at => day(at, zone))
}

function gather(stats: Analytics, from: number, size: number, count: number, label: (at: string) => string): Bucket[] {
  const buckets: Bucket[] = Array.from({ length: count }, (_, n) => ({
    label: label(new Date(from + n * size).toISOString()),
    messages: 0,
    answered: 0,
    unanswered: 0,
  }))
  for (const point of stats.series) {
    const bucket = buckets[Math.floor((Date.parse(point.at) - from) / size)]
    if (!bucket) continue
    bucket.messages += point.messages
    bucket.answered += point.answered
    bucket.unanswered += point.unanswered
  }
  return buckets
}
