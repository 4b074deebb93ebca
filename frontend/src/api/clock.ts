/**
 * The server's clock, as far as we know it. A phone with a wrong clock would otherwise
 * show a dead code, or hide a live one.
 */
let ahead = 0

/** noteServerTime learns from a response's Date header; small differences are only its rounding. */
export function noteServerTime(response: Response): void {
  const date = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(date)) return
  const difference = date - Date.now()
  ahead = Math.abs(difference) < 2_000 ? 0 : difference
}

/** serverNow returns the server's time in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + ahead
}
