import type { components } from '../src/api/types.gen.ts'

type Schemas = components['schemas']
type Scene = Set<string>

const minute = 60_000
const ago = (minutes: number) => new Date(Date.now() - minutes * minute).toISOString()
const ahead = (minutes: number) => ago(-minutes)

export function me(scene: Scene): Schemas['Me'] {
  const step = (['link', 'faqs', 'test'] as const).find(one => scene.has(`welcome-${one}`)) ?? 'done'
  return {
    workspace: {
      id: 'w1',
      name: 'Ada’s Kitchen',
      timezone: 'Africa/Lagos',
      currency: 'NGN',
      plan: { state: 'trial', until: ahead(9 * 24 * 60) },
      onboarding: { step, numberUse: 'mixed' },
    },
    user: { id: 'u1', email: 'ada@example.com', role: scene.has('admin') ? 'platform_admin' : 'owner' },
  }
}

const statusOf: Partial<Record<Schemas['ConnectionReason'], Schemas['ConnectionStatus']['whatsappConnectionStatus']>> =
  {
    requested: 'connecting',
    code_shown: 'connecting',
    linking: 'connecting',
    online: 'connected',
    dropped: 'reconnecting',
    network: 'reconnecting',
    never_linked: 'disconnected',
    code_expired: 'disconnected',
    unlinked_on_phone: 'disconnected',
    banned: 'disconnected',
    closed_by_owner: 'disconnected',
  }

export function connection(scene: Scene): Schemas['ConnectionStatus'] {
  const reason = (Object.keys(statusOf) as Schemas['ConnectionReason'][]).find(one => scene.has(one)) ?? 'online'
  const status = statusOf[reason] ?? 'connected'
  return {
    workspaceId: 'w1',
    whatsappConnected: status === 'connected',
    whatsappConnectionStatus: status,
    reason,
    phone: reason === 'never_linked' || status === 'connecting' ? null : '+2348030000001',
    lastConnectedAt: ago(190),
    lastDisconnectedAt: status === 'reconnecting' ? ago(2) : ago(200),
    lastConnectionUpdate: ago(2),
    disconnectReason: status === 'connected' ? null : reason,
    attempt: status === 'reconnecting' ? 4 : 1,
    nextAttemptAt: status === 'reconnecting' ? ahead(1) : null,
    botPausedUntil: scene.has('paused') ? ahead(120) : null,
    lastHeardAt: ago(3),
  }
}

const faq = (
  number: number,
  questions: string[],
  answer: string,
  timesAnswered30d: number,
  enabled = true,
): Schemas['Faq'] => ({
  id: `f${number}`,
  number,
  questions,
  answer,
  enabled,
  onlyWhenSure: false,
  pidginAnswer: null,
  revision: 3,
  updatedAt: ago(30),
  timesAnswered30d,
})

export const faqTests: Schemas['FaqTestList']['tests'] = [
  { id: 't1', faqId: 'f1', question: 'How much is delivery?', text: 'how much una dey charge', passes: true },
  {
    id: 't2',
    faqId: 'f1',
    question: 'How much is delivery?',
    text: 'wetin be the cost to carry am come Ibadan',
    passes: false,
  },
]

export const faqs: Schemas['Faq'][] = [
  faq(
    1,
    ['How much is delivery?', 'dlvry price', 'how much una dey charge for delivery', 'cost to bring am'],
    'Delivery is *₦1,500* in Lagos and *₦3,500* outside. _Orders before 2 pm come the same day._',
    31,
  ),
  faq(2, ['Where do you deliver to?', 'do you deliver to Ikeja'], 'All of Lagos, Ibadan and Abeokuta.', 12),
  faq(3, ['What time do you open?', 'when una dey open'], 'Monday to Saturday, 9 am to 8 pm.', 22),
  faq(4, ['Can I get a refund?'], 'We refund within 7 days when something is wrong with your order.', 0, false),
]

const chat = (
  id: string,
  name: string | null,
  text: string,
  author: Schemas['Author'],
  state: Schemas['Conversation']['state'],
  at: number,
  unanswered = 0,
): Schemas['Conversation'] => ({
  id,
  customer: { name, phone: `+23481300000${id.slice(1).padStart(2, '0')}` },
  asked: author === 'bot' ? 'how much is delivery' : null,
  lastMessage: { text, direction: author === 'customer' ? 'in' : 'out', author, member: null, at: ago(at) },
  state,
  waitingSince: state === 'waiting' ? ago(at) : null,
  unanswered,
  quietUntil: state === 'human' ? ago(-40) : null,
  handedOff: false,
  optedOut: false,
  ignored: false,
  mark: null,
})

const thresholds = { answer: 0.8, careful: 0.9, choices: 0.35, shift: 0 }

export const chats: Schemas['Conversation'][] = [
  chat('c1', 'Chioma', 'do you do small chops for 50 people?', 'customer', 'waiting', 12, 2),
  chat('c2', null, '', 'customer', 'waiting', 4, 1),
  chat('c3', 'Tunde B.', 'asked for a person', 'customer', 'waiting', 1, 1),
  chat('c4', 'Mama Ngozi', 'Delivery is *₦1,500* in Lagos', 'bot', 'bot', 20),
  chat('c5', 'Emeka', 'I’ll bring it myself at 5', 'phone', 'human', 42),
  chat('c6', null, 'Thank you', 'customer', 'answered', 1600),
]

const message = (
  id: number,
  author: Schemas['Author'],
  text: string,
  minutes: number,
  more: Partial<Schemas['Message']> = {},
): Schemas['Message'] => ({
  id: `m${id}`,
  direction: author === 'customer' ? 'in' : 'out',
  author,
  member: null,
  text,
  at: ago(minutes),
  status: author === 'customer' ? 'received' : 'read',
  deleted: false,
  edited: false,
  ...more,
})

export const messages: Schemas['Message'][] = [
  message(1, 'customer', 'Good evening', 1500),
  message(2, 'customer', 'how much una dey charge for dlvry', 1500),
  message(3, 'bot', 'Delivery is *₦1,500* in Lagos and *₦3,500* outside.', 1499, {
    why: {
      decision: 'answer',
      faqId: 'f1',
      question: 'How much is delivery?',
      score: 0.86,
      margin: 0.35,
      reason: 'The FAQ matched with enough confidence.',
      candidates: [
        { faqId: 'f1', question: 'How much is delivery?', score: 0.86 },
        { faqId: 'f2', question: 'Where do you deliver to?', score: 0.51 },
      ],
      thresholds,
      revision: 2,
      knowledge: 118,
      language: null,
      told: [],
      matched: ['dlvry', 'charge'],
    },
  }),
  message(4, 'customer', 'do you do small chops for 50 people?', 40, { edited: true }),
  message(
    5,
    'bot',
    'I don’t have that answer yet. I’ve passed it to the team. Reply *menu* for what I can help with, or *0* for a person.',
    39,
    {
      status: 'delivered',
      why: {
        decision: 'fallback',
        faqId: null,
        question: null,
        score: 0.31,
        margin: 0.02,
        reason: 'No FAQ matched well enough.',
        candidates: [{ faqId: 'f2', question: 'Where do you deliver to?', score: 0.31 }],
        thresholds,
        revision: null,
        knowledge: 118,
        language: null,
        told: [],
        matched: [],
      },
    },
  ),
  message(6, 'phone', 'Yes! ₦85,000 for 50. Which day?', 30, { status: 'read' }),
  message(7, 'bot', 'Delivery is ₦1,500', 29, { status: 'cancelled' }),
  message(8, 'customer', '', 12, { deleted: true }),
  message(9, 'bot', 'We open at 9', 11, { status: 'unreadable' }),
  message(10, 'customer', '[security code changed]', 10, { notice: 'identity_changed' }),
]

export const missed: Schemas['UnansweredCluster'][] = [
  {
    id: 'u1',
    question: 'delivery to Ibadan',
    people: 12,
    lastAt: ago(20),
    examples: ['do you deliver to Ibadan?'],
    suggestedAnswer: null,
  },
  {
    id: 'u2',
    question: 'small chops for a party',
    people: 7,
    lastAt: ago(12),
    examples: ['small chops for a party', 'small chops for 50'],
    suggestedAnswer: {
      text: 'Yes Chidi! ₦85,000 for 50.\nPay into 0123456789 and tell me which day.',
      at: ago(9),
      author: 'phone',
      customer: { name: 'Chidi', phone: '+2348050000001' },
      customerId: 'c1',
      people: 3,
      different: 2,
      personal: ['0123456789', 'Chidi'],
    },
  },
]

export function analytics(from: string, none: boolean): Schemas['Analytics'] {
  const start = Date.parse(from)
  const quarters = none ? 0 : Math.min(2_880, Math.max(0, Math.floor((Date.now() - start) / (15 * minute))))
  const series = Array.from({ length: quarters }, (_, n) => {
    const hour = (n / 4) % 24
    const messages = hour < 6 ? 0 : Math.round(3 + 3 * Math.sin((hour - 8) / 2.6) + ((n * 7) % 3))
    const answered = Math.round(Math.max(0, messages) * 0.85)
    return {
      at: new Date(start + n * 15 * minute).toISOString(),
      messages: Math.max(0, messages),
      answered,
      unanswered: Math.max(0, messages) - answered,
    }
  })
  return {
    from,
    to: new Date().toISOString(),
    upTo: ago(0),
    customers: none ? 0 : 284,
    messages: series.reduce((sum, point) => sum + point.messages, 0),
    answeredByBot: none ? 0 : 412,
    answeredShare: none ? null : 0.86,
    choices: none ? 0 : 31,
    handedOver: none ? 0 : 54,
    medianReplyMs: none ? null : 1_120,
    p95ReplyMs: none ? null : 1_890,
    connectionAttempts: none ? 0 : 21,
    connectionSuccesses: none ? 0 : 21,
    delivered: none ? 0 : 495,
    repliesSent: none ? 0 : 497,
    series,
  }
}

const event = (
  position: number,
  type: string,
  minutes: number,
  kind: string,
  sentence: string,
  data: Record<string, unknown> = {},
): Schemas['AuditEvent'] => ({
  position,
  id: `0192f3c4-${position}`,
  type,
  at: ago(minutes),
  actor: { kind, id: kind },
  stream: `${type.split('.')[0]}-w1`,
  version: position % 40,
  correlationId: '9f2c7a',
  causationId: null,
  sentence,
  data,
})

export const audit: Schemas['AuditEvent'][] = [
  event(18204, 'conversation.reply_delivered', 3, 'whatsapp', 'The answer reached Chioma’s phone.'),
  event(18203, 'conversation.reply_decided', 3, 'bot', 'The bot chose the answer to “How much is delivery?”.', {
    faq: 'f1',
    score: 0.86,
    margin: 0.35,
  }),
  event(18202, 'conversation.message_received', 3, 'customer', 'Chioma wrote a message.'),
  event(18100, 'faq.revised', 30, 'member', 'The owner changed the answer to “How much is delivery?”.', {
    revision: 3,
  }),
  event(18001, 'connection.connected', 190, 'system', 'WhatsApp connected on the first try.', { attempt: 1 }),
  event(17990, 'workspace.bot_resumed', 1500, 'member', 'The owner let the bot answer again.'),
]

const workspace = (
  id: string,
  name: string,
  status: Schemas['AdminWorkspace']['status'],
  reason: Schemas['ConnectionReason'],
  plan: Schemas['Plan']['state'],
  messages24h: number,
): Schemas['AdminWorkspace'] => ({
  id,
  name,
  ownerEmail: `${name.toLowerCase().replace(/\W+/g, '.')}@example.com`,
  status,
  reason,
  phone: status === 'disconnected' ? null : '+2348030000001',
  plan: { state: plan, until: ahead(9 * 24 * 60) },
  serving: plan !== 'expired',
  messages24h,
  lastMessageAt: messages24h ? ago(3) : null,
  deadLetters: 0,
})

export const workspaces: Schemas['AdminWorkspace'][] = [
  workspace('w1', 'Ada’s Kitchen', 'connected', 'online', 'trial', 412),
  workspace('w2', 'Zed Phones', 'reconnecting', 'network', 'active', 1980),
  workspace('w3', 'Bisi Braids', 'disconnected', 'unlinked_on_phone', 'expired', 0),
  workspace('w4', 'Kola Logistics', 'connecting', 'code_shown', 'past_due', 3),
]

export const settings: Schemas['Settings'] = {
  name: 'Ada’s Kitchen',
  timezone: 'Africa/Lagos',
  currency: 'NGN',
  onboarding: { step: 'done' },
  quietMinutes: 60,
  audience: 'everyone',
  hours: [
    ...[1, 2, 3, 4, 5].map(day => ({ day, from: 540, to: 1080 })),
    { day: 6, from: 600, to: 840 },
    { day: 6, from: 1320, to: 120 },
  ],
  away: null,
  greeting: 'Welcome to the best jollof in Yaba!',
  holiday: null,
  alerts: '22-7',
  waitingMinutes: 15,
  readReceipts: true,
  menu: [],
  shift: { by: 0, answersFrom: 0.8, labels: 0, right: 0, expected: 0, fittedAt: null, judged: 12, least: 50 },
}

const alert = (
  position: number,
  kind: Schemas['Alert']['kind'],
  minutes: number,
  more: Partial<Schemas['Alert']> = {},
): Schemas['Alert'] => ({
  position,
  kind,
  about: '',
  count: 0,
  customerId: null,
  name: null,
  at: ago(minutes),
  ...more,
})

export const alerts: Schemas['Alert'][] = [
  alert(90, 'waiting', 3, { count: 2 }),
  alert(80, 'back', 120, { count: 14 }),
  alert(70, 'disconnected', 134),
  alert(60, 'loop', 700, { customerId: 'c6', name: 'Shop bot' }),
  alert(50, 'plan', 1500, { about: 'trial', count: 7 }),
]

export const members: Schemas['Member'][] = [
  { id: 'u1', email: 'ada@example.com', name: null, role: 'owner', phones: ['+2348030000001'] },
  { id: 'u2', email: null, name: 'Bola', role: 'agent', phones: ['+2348100000002'] },
]

export const offered: Schemas['OfferedNumber'][] = [
  { phone: '+2348100000003', role: 'agent', code: '482913', expiresAt: ago(-12) },
]

export const dismissed: Schemas['DismissedQuestion'][] = [
  { id: 'd1', question: 'abeg who win match yesterday', people: 2, at: ago(900) },
]
