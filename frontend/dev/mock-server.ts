import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connect, Plugin } from 'vite'
import {
  alerts,
  analytics,
  audit,
  chats,
  connection,
  dismissed,
  faqs,
  faqTests,
  me,
  members,
  messages,
  missed,
  offered,
  settings,
  workspaces,
} from './mock-data.ts'

/**
 * A pretend server for looking at pages: `npm run dev:mock`. It is not shipped.
 * The cookie `mock` chooses a scene: a connection reason (code_shown, banned, …), empty, failing, slow, admin, breaking, welcome-link, welcome-faqs, welcome-test, paused, signed_out.
 */
export function mockServer(): Plugin {
  return {
    name: 'mock-server',
    configureServer: serve,
    configurePreviewServer: serve,
  }
}

function serve(server: { middlewares: Connect.Server }): void {
  server.middlewares.use('/api', (request, response) => void answer(request, response))
}

/** What the person who looks chose about alerts. */
let chosen: string | null = null

/** Groups of questions whose reply was declined as an answer, until the server is started again. */
const declined = new Set<string>()

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://mock')
  const scene = new Set((/(?:^|;\s*)mock=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? '').split('.'))
  const send = (status: number, body?: unknown) => {
    response.writeHead(status, { 'content-type': status >= 400 ? 'application/problem+json' : 'application/json' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }
  const refuse = (status: number, detail: string, code?: string) =>
    send(status, { type: '/problems/mock', title: 'Mock', status, detail, code, requestId: '7F3K' })
  const breaks = `2 tests now fail: ${faqTests.map(test => `“${test.text}”`).join(', ')}. Change it, or save it anyway.`

  if (url.pathname === '/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('event: heartbeat\ndata: {}\n\n')
    return
  }
  if (scene.has('signed_out')) return refuse(401, 'Sign in to continue.')
  if (scene.has('failing') && !['/me', '/whatsapp/status'].includes(url.pathname)) return refuse(500, '')
  if (scene.has('slow') && url.pathname !== '/me') return
  const body = await read(request)
  const none = scene.has('empty')

  const route = `${request.method} ${url.pathname.replace(/^\/(faqs|conversations|unanswered)\/(?!tests?(?:$|\?)|import)[^/]+/, '/$1/:id')}`
  switch (route) {
    case 'GET /me':
      return send(200, me(scene))
    case 'POST /auth/signup':
    case 'POST /auth/login':
    case 'POST /auth/refresh':
      return send(route.endsWith('signup') ? 201 : 200, { accessToken: 'mock', expiresIn: 600, ...me(scene) })
    case 'POST /auth/logout':
      return send(204)
    case 'GET /settings':
    case 'PATCH /settings': {
      const { workspace } = me(scene)
      const { onboardingStep, ...rest } = body as Record<string, string>
      Object.assign(settings, rest)
      return send(200, { ...settings, onboarding: { step: onboardingStep ?? workspace.onboarding.step } })
    }
    case 'GET /me/alerts':
    case 'PATCH /me/alerts':
      if (request.method === 'PATCH') chosen = (body as { alerts: string | null }).alerts
      return send(200, { alerts: chosen ?? settings.alerts, chosen, everybody: settings.alerts })
    case 'GET /alerts':
      return send(200, { alerts: none ? [] : alerts, missed: null })
    case 'GET /push':
      return send(200, { publicKey: null, on: false })
    case 'GET /allowed':
      return send(200, { people: none ? [] : [{ id: 'c1', name: 'Bola', phone: '+2348030000001' }] })
    case 'GET /members':
      return send(200, { members, offered })
    case 'POST /members':
      return send(201, offered[0])
    case 'POST /conversations/:id/messages':
    case 'POST /conversations/:id/takeover':
    case 'POST /conversations/:id/giveback':
      return send(200, chats[0])
    case 'POST /conversations/:id/erase':
      return send(204)
    case 'GET /whatsapp/status':
      return send(200, connection(scene))
    case 'POST /whatsapp/connect':
    case 'POST /whatsapp/disconnect':
      return send(202, connection(scene))
    case 'POST /bot/pause':
    case 'POST /bot/resume':
      return send(200, connection(scene))
    case 'GET /whatsapp/qr':
      if (!scene.has('code_shown')) return refuse(404, 'There is no code now.')
      return send(200, {
        code: '2@x9Qk1dLrT0sYw3mPzV5bNc7hJf8gKe2aUo4iXtRq6yWvEsDl/ZpMnBgHjKcFu,qT7mY2wLz0dRxVbN4sHjKpQe8gUaCf1iOoXtWyEvM3k=,Zr5nB9hLwQpXc2vT7jYdKmSg0eFuAi4oRt6yWq8sHlM=,pV3kXz7bNcQwErTyUiOpAsDfGhJkLzXcVbNm1234567=',
        pairingCode: scene.has('typed') ? 'K7QF29XD' : null,
        attempt: 2,
        of: 6,
        expiresAt: new Date(Math.ceil(Date.now() / 20_000) * 20_000).toISOString(),
      })
    case 'GET /faqs':
      return send(200, { faqs: none ? [] : faqs })
    case 'POST /faqs':
      return send(201, { ...faqs[0], ...(body as object) })
    case 'GET /faqs/:id':
      return send(200, faqs.find(faq => url.pathname.endsWith(`/${faq.id}`)) ?? faqs[0])
    case 'PATCH /faqs/:id':
      if (scene.has('breaking') && (body as { refuseClash?: boolean }).refuseClash)
        return refuse(409, breaks, 'faq.tests_fail')
      return send(200, { ...faqs[0], ...(body as object), revision: 4 })
    case 'DELETE /faqs/:id':
      if (scene.has('breaking') && !url.search) return refuse(409, breaks, 'faq.tests_fail')
      return send(204)
    case 'GET /faqs/tests':
      return send(200, { tests: none ? [] : faqTests })
    case 'POST /faqs/:id/tests':
      return send(201, {
        tests: [...faqTests, { ...faqTests[0], id: 't9', passes: true, ...(body as object) }],
      })
    case 'DELETE /faqs/:id/tests/t1':
    case 'DELETE /faqs/:id/tests/t2':
      return send(204)
    case 'POST /faqs/test':
      return send(200, {
        decision: 'answer',
        faqId: faqs[0]?.id,
        confidence: 0.86,
        margin: 0.35,
        candidates: [
          { faqId: 'f1', question: 'How much is delivery?', score: 0.86, matched: ['dlvry', 'charge'] },
          { faqId: 'f2', question: 'Where do you deliver to?', score: 0.51, matched: ['dlvry'] },
        ],
        reply: faqs[0]?.answer,
        why: 'The FAQ matched with enough confidence.',
        revision: 2,
        knowledge: 118,
        language: null,
        told: [],
        thresholds: { answer: 0.8, careful: 0.9, choices: 0.35, shift: 0 },
      })
    case 'POST /faqs/import':
      return send(200, {
        drafts: [
          { questions: ['How much is delivery?'], answer: '₦1,500 in Lagos.' },
          { questions: ['Do you open on Sunday?'], answer: 'Yes, from [hour].' },
        ],
      })
    case 'GET /conversations': {
      const filter = url.searchParams.get('filter')
      const rows = chats.filter(
        chat =>
          filter === 'all' || !filter || { needs_you: 'waiting', bot: 'bot', you: 'human' }[filter] === chat.state,
      )
      return send(200, { conversations: none ? [] : rows, next: null })
    }
    case 'GET /conversations/:id/messages':
      return send(200, { conversation: chats[0], messages, next: null })
    case 'GET /unanswered':
      return send(200, {
        clusters: none ? [] : missed.filter(one => !declined.has(one.id)),
        dismissed: none ? [] : dismissed,
      })
    case 'POST /unanswered/:id/decline':
      declined.add(url.pathname.split('/')[2] ?? '')
      return send(200, { clusters: missed.filter(one => !declined.has(one.id)), dismissed })
    case 'GET /analytics':
      return send(200, analytics(url.searchParams.get('from') ?? '', none))
    case 'GET /audit/events':
      return send(200, { events: none ? [] : audit, next: null })
    case 'GET /admin/workspaces':
      return send(200, { workspaces })
    default:
      if (request.method === 'POST' && url.pathname.startsWith('/admin/'))
        return send(200, { position: 9, events: ['workspace.bot_paused'] })
      return refuse(404, 'That is not here.')
  }
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const part of request) text += part
  return text ? JSON.parse(text) : {}
}
