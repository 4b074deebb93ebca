import createClient from 'openapi-fetch'
import { noteServerTime } from './clock'
import { ApiProblem } from './problem'
import { announceSignedOut, csrfHeader, refreshSession } from './session'
import type { paths } from './types.gen'

/** The typed client. Wrap calls in `read`, which returns the data or throws an ApiProblem. */
export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: send })

type Result<Data> = { data?: Data; error?: unknown; response: Response }

export async function read<Data>(call: Promise<Result<Data>>): Promise<Data> {
  const { data, error, response } = await call
  if (response.ok) return data as Data
  throw new ApiProblem(response.status, typeof error === 'object' && error !== null ? error : undefined)
}

/** send adds what every request needs; when access has run out it renews it, and tries once more. */
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await once(request)
  if (response.status !== 401 || isAboutSession(request)) return response
  switch (await refreshSession()) {
    case 'refreshed':
      return once(again)
    case 'signed_out':
      announceSignedOut()
      return response
    case 'unreachable':
      throw new ApiProblem(0)
  }
}

async function once(request: Request): Promise<Response> {
  const response = await fetch(prepared(request)).catch(error => {
    throw error instanceof DOMException && error.name === 'AbortError' ? error : new ApiProblem(0)
  })
  noteServerTime(response)
  notePosition(response)
  return response
}

function prepared(request: Request): Request {
  if (request.method === 'GET') return new Request(afterOwnWrites(request.url), request)
  for (const [name, value] of Object.entries(csrfHeader())) request.headers.set(name, value)
  return request
}

function isAboutSession(request: Request): boolean {
  return new URL(request.url).pathname.startsWith('/api/auth/')
}

/** For so long after a write, reads ask the server to have caught up with it. */
const followFor = 10_000

let lastWrite = { position: 0, at: 0 }

function notePosition(response: Response): void {
  const position = Number(response.headers.get('x-position'))
  if (position > 0 && position >= lastWrite.position) lastWrite = { position, at: Date.now() }
}

/** Codes do not come from a read model, and the audit log means something else by `after`. */
const withoutPosition = /^\/api\/(whatsapp\/qr|audit\/)/

function afterOwnWrites(address: string): string {
  const url = new URL(address)
  const old = Date.now() - lastWrite.at > followFor
  if (old || withoutPosition.test(url.pathname) || url.searchParams.has('after')) return address
  url.searchParams.set('after', String(lastWrite.position))
  return url.toString()
}

/** forgetPosition is for a new session, whose workspace may have another log. */
export function forgetPosition(): void {
  lastWrite = { position: 0, at: 0 }
}
