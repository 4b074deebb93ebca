import { beforeEach, describe, expect, it, vi } from 'vitest'
import { client, forgetPosition, read } from './client'
import { noteServerTime, serverNow } from './clock'
import { ApiProblem } from './problem'
import { onSignedOut } from './session'

type Answer = Response | (() => Response | Promise<Response>)

/** Answers by path; every request is kept. A list of answers is used up one by one. */
function serve(routes: Record<string, Answer[]>) {
  const requests: Request[] = []
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    const request = new Request(typeof input === 'string' ? new URL(input, window.location.origin) : input, init)
    requests.push(request)
    const left = routes[new URL(request.url).pathname]
    const answer = left && left.length > 1 ? left.shift() : left?.[0]
    if (!answer) throw new TypeError('failed to fetch')
    return typeof answer === 'function' ? answer() : answer.clone()
  })
  const to = (path: string) => requests.filter(request => new URL(request.url).pathname === path)
  return { requests, to }
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
const denied = () => json({ type: '/problems/auth', title: 'Unauthorized', status: 401, detail: 'Sign in.' }, 401)

beforeEach(() => {
  forgetPosition()
  // biome-ignore lint/suspicious/noDocumentCookie: the server sets this cookie, and here there is no server
  document.cookie = 'sb_csrf=token%2B1'
})

describe('access that has run out', () => {
  it('is renewed, and the request sent again', async () => {
    const server = serve({ '/api/me': [denied(), json({ user: 1 })], '/api/auth/refresh': [json({})] })
    await expect(read(client.GET('/api/me'))).resolves.toEqual({ user: 1 })
    expect(server.to('/api/auth/refresh')).toHaveLength(1)
    expect(server.to('/api/me')).toHaveLength(2)
  })

  it('is renewed once for many requests at the same time', async () => {
    let fresh = false
    const open = () => (fresh ? json({}) : denied())
    const server = serve({
      '/api/me': [open],
      '/api/faqs': [open],
      '/api/settings': [open],
      '/api/auth/refresh': [
        async () => {
          await new Promise(resolve => setTimeout(resolve, 5))
          fresh = true
          return json({})
        },
      ],
    })
    await Promise.all([read(client.GET('/api/me')), read(client.GET('/api/faqs')), read(client.GET('/api/settings'))])
    expect(server.to('/api/auth/refresh')).toHaveLength(1)
  })

  it('sends the body again, with the new token against forgery', async () => {
    const server = serve({
      '/api/faqs/test': [denied(), json({})],
      '/api/auth/refresh': [
        () => {
          // biome-ignore lint/suspicious/noDocumentCookie: the server sets this cookie, and here there is no server
          document.cookie = 'sb_csrf=token2'
          return json({})
        },
      ],
    })
    await read(client.POST('/api/faqs/test', { body: { text: 'delivery?' } }))
    const [first, second] = server.to('/api/faqs/test')
    expect(first?.headers.get('x-csrf-token')).toBe('token+1')
    expect(second?.headers.get('x-csrf-token')).toBe('token2')
    await expect(second?.json()).resolves.toEqual({ text: 'delivery?' })
  })

  it('and cannot be renewed, ends the session', async () => {
    const signedOut = vi.fn()
    const stop = onSignedOut(signedOut)
    const server = serve({ '/api/me': [denied()], '/api/auth/refresh': [denied()] })
    await expect(read(client.GET('/api/me'))).rejects.toMatchObject({ status: 401 })
    expect(signedOut).toHaveBeenCalledOnce()
    expect(server.to('/api/me')).toHaveLength(1)
    stop()
  })

  it('does not end the session when only the network is away', async () => {
    const signedOut = vi.fn()
    const stop = onSignedOut(signedOut)
    serve({ '/api/me': [denied()] })
    await expect(read(client.GET('/api/me'))).rejects.toMatchObject({ status: 0 })
    expect(signedOut).not.toHaveBeenCalled()
    stop()
  })

  it('a wrong password is not a session to renew', async () => {
    const server = serve({ '/api/auth/login': [denied()] })
    const login = client.POST('/api/auth/login', { body: { email: 'ada@example.com', password: 'wrong' } })
    await expect(read(login)).rejects.toMatchObject({ status: 401, message: 'Sign in.' })
    expect(server.to('/api/auth/refresh')).toHaveLength(0)
  })
})

describe('what went wrong', () => {
  it('is told in the server’s words, field by field', async () => {
    const body = {
      type: '/problems/faq.invalid',
      title: 'Bad Request',
      status: 400,
      detail: 'Write an answer.',
      code: 'faq.invalid',
      requestId: '7F3K',
      errors: [{ field: 'answer', message: 'Write the answer.' }],
    }
    serve({ '/api/faqs': [json(body, 400)] })
    const problem = await read(client.POST('/api/faqs', { body: { questions: ['q'], answer: 'a' } })).catch(
      error => error,
    )
    expect(problem).toBeInstanceOf(ApiProblem)
    expect(problem).toMatchObject({
      status: 400,
      code: 'faq.invalid',
      requestId: '7F3K',
      message: 'Write an answer.',
      fields: { answer: 'Write the answer.' },
    })
  })

  it('has a sentence even when the server says nothing', async () => {
    serve({ '/api/faqs': [new Response('<h1>Bad gateway</h1>', { status: 502 })] })
    await expect(read(client.GET('/api/faqs'))).rejects.toMatchObject({
      status: 502,
      message: 'We could not do that. Nothing was lost. Try again.',
    })
  })

  it('has a sentence for no network', async () => {
    serve({})
    await expect(read(client.GET('/api/faqs'))).rejects.toMatchObject({
      status: 0,
      message: /could not reach the server/,
    })
  })
})

describe('reading one’s own writes', () => {
  it('reads after a write wait for its position', async () => {
    const server = serve({
      '/api/faqs': [json({}, 201, { 'x-position': '42' }), json({ faqs: [] })],
      '/api/whatsapp/qr': [json({})],
      '/api/audit/events': [json({})],
    })
    await read(client.POST('/api/faqs', { body: { questions: ['q'], answer: 'a' } }))
    await read(client.GET('/api/faqs'))
    await read(client.GET('/api/whatsapp/qr'))
    await read(client.GET('/api/audit/events'))
    const after = server.requests.slice(1).map(request => new URL(request.url).searchParams.get('after'))
    expect(after).toEqual(['42', null, null])
  })

  it('reads without a write ask for nothing', async () => {
    const server = serve({ '/api/faqs': [json({ faqs: [] })] })
    await read(client.GET('/api/faqs'))
    expect(server.requests[0]?.url).not.toContain('after')
  })
})

describe('the server’s clock', () => {
  it('counts, when this device’s clock is wrong', () => {
    noteServerTime(json({}, 200, { date: new Date(Date.now() + 600_000).toUTCString() }))
    expect(serverNow() - Date.now()).toBeGreaterThan(590_000)
    noteServerTime(json({}, 200, { date: new Date().toUTCString() }))
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(10)
  })
})
