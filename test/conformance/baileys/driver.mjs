// One unmodified Baileys client, told what to do by lines of JSON on standard input. It
// answers each {id, do, ...} with {id, ok} or {id, error} and tells {event, ...} what happens.
// Where the sandbox is and whom to trust comes from the environment: SANDBOX_ADDR
// (host:port), SANDBOX_ROOT (64 hex digits), AUTH_DIR (what the client keeps), HISTORY=yes to
// wait for history after linking, which costs 20 s when none comes, and KEEP_ALIVE (milliseconds).
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import makeWASocket, {
  DisconnectReason, downloadMediaMessage, generateMessageIDV2, proto, useMultiFileAuthState, WA_CERT_DETAILS,
} from 'baileys';
import pino from 'pino';

const { SANDBOX_ADDR, SANDBOX_ROOT, AUTH_DIR, BAILEYS_LOG = 'silent', HISTORY = 'no', KEEP_ALIVE = '30000' } = process.env;
const [host, port] = SANDBOX_ADDR.split(':');
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(SANDBOX_ROOT, 'hex');

// Media leave for https hosts; they are led to the sandbox in plain HTTP.
const plain = new Agent();
plain.createConnection = () => net.connect(Number(port), host);
const realFetch = globalThis.fetch;
globalThis.fetch = (url, options) => realFetch(String(url).replace(/^https:\/\/[^/]+/, `http://${SANDBOX_ADDR}`), options);

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const logger = pino({ level: BAILEYS_LOG }, pino.destination(2));
const retries = new Map(); // how often each message was asked for; the library wants it to outlive sockets
const counter = { get: (k) => retries.get(k), set: (k, v) => void retries.set(k, v), del: (k) => void retries.delete(k), flushAll: () => retries.clear() };

// What was sent, kept for those who ask again after a restart.
const sentFile = path.join(AUTH_DIR, 'sent.json');
const sent = new Map();
try {
  for (const [id, text] of JSON.parse(readFileSync(sentFile, 'utf8'))) sent.set(id, Buffer.from(text, 'base64'));
} catch { /* nothing was sent yet */ }
function keepSent(id, message) {
  sent.set(id, Buffer.from(proto.Message.encode(message).finish()));
  writeFileSync(sentFile, JSON.stringify([...sent].map(([k, v]) => [k, v.toString('base64')])));
}

const received = new Map(); // by id, to download and mark read
let sock, stopped = false, saving = Promise.resolve();

async function connect() {
  stopped = false;
  const { state, saveCreds } = await useMultiFileAuthState(AUTH_DIR);
  sock = makeWASocket({
    auth: state, logger, waWebSocketUrl: `ws://${SANDBOX_ADDR}/ws/chat`, fetchAgent: plain,
    shouldSyncHistoryMessage: () => HISTORY === 'yes', syncFullHistory: false, qrTimeout: 60_000, msgRetryCounterCache: counter,
    keepAliveIntervalMs: Number(KEEP_ALIVE),
    getMessage: async ({ id }) => (sent.has(id) ? proto.Message.decode(sent.get(id)) : undefined),
  });
  sock.ev.on('creds.update', () => { saving = saving.then(saveCreds); });
  sock.ev.on('connection.update', onConnection);
  sock.ev.on('messages.upsert', ({ messages, type }) => messages.forEach((m) => onMessage(m, type)));
  sock.ev.on('messages.update', (updates) => updates.forEach(({ key, update }) => say({ event: 'update', key, status: update.status, error: update.messageStubParameters, edited: textOf(update.message?.editedMessage?.message), stub: update.messageStubType })));
  sock.ev.on('messages.reaction', (all) => all.forEach(({ key, reaction }) => say({ event: 'reaction', key, text: reaction.text })));
  sock.ev.on('call', (calls) => calls.forEach((c) => say({ event: 'call', text: c.status, key: { id: c.id, remoteJid: c.from } })));
  sock.ev.on('contacts.upsert', (all) => all.forEach((c) => say({ event: 'contact', text: c.name, key: { remoteJid: c.id } })));
  sock.ev.on('chats.update', (all) => all.forEach((c) => 'pinned' in c && say({ event: 'pin', text: c.pinned ? 'pinned' : '', key: { remoteJid: c.id } })));
  sock.ev.on('presence.update', (p) => say({ event: 'presence', chat: p.id, presences: p.presences }));
  sock.ev.on('messaging-history.set', ({ messages, chats }) => say({ event: 'history', messages: messages.length, chats: chats.length }));
}

function onConnection({ connection, qr, lastDisconnect, isNewLogin, receivedPendingNotifications }) {
  if (qr) say({ event: 'qr', code: qr });
  if (isNewLogin) say({ event: 'paired' });
  if (receivedPendingNotifications) say({ event: 'caught-up' });
  if (connection === 'open') say({ event: 'open', me: sock.user });
  if (connection !== 'close') return;
  const error = lastDisconnect?.error;
  const code = error?.output?.statusCode ?? 0;
  say({ event: 'close', code, reason: error?.message ?? '', data: error?.data?.attrs ?? error?.data });
  const final = [DisconnectReason.loggedOut, DisconnectReason.forbidden, DisconnectReason.connectionReplaced, 400, 402, 405, 406];
  if (/account signature/.test(error?.message)) stopped = true; // it must not be linked by this phone
  if (!stopped && !final.includes(code)) setTimeout(() => connect().catch(fail), 50);
}

const textOf = (m) => m?.conversation ?? m?.extendedTextMessage?.text ?? m?.imageMessage?.caption ?? '';

function onMessage(m, type) {
  received.set(m.key.id, m);
  say({ event: 'message', type, key: m.key, text: textOf(m.message), kind: Object.keys(m.message ?? {}).find((k) => k !== 'messageContextInfo') ?? '', stub: m.messageStubType, status: m.status });
}

const actions = {
  connect,
  async code({ number }) { return sock.requestPairingCode(number); },
  async send({ to, content, quoted }) {
    if (content.image) content.image = Buffer.from(content.image, 'base64');
    if (content.audio) content.audio = Buffer.from(content.audio, 'base64');
    if (content.document) content.document = Buffer.from(content.document, 'base64');
    const messageId = generateMessageIDV2(sock.user?.id);
    const m = await sock.sendMessage(to, content, { messageId, quoted: received.get(quoted) });
    keepSent(m.key.id, m.message);
    return m.key;
  },
  async download({ message }) {
    const data = await downloadMediaMessage(received.get(message), 'buffer', {}, { logger, reuploadRequest: sock.updateMediaMessage });
    return data.toString('base64');
  },
  async read({ message }) { await sock.readMessages([received.get(message).key]); },
  async decline({ call, from }) { await sock.rejectCall(call, from); },
  async pin({ to }) { await sock.chatModify({ pin: true }, to); },
  async timelock() { return sock.fetchAccountReachoutTimelock(); },
  async typing({ to }) { await sock.sendPresenceUpdate('composing', to); },
  async logout() { stopped = true; await sock.logout(); },
  async saved() { await saving; },
  async stop() { stopped = true; await saving; sock.end(undefined); },
};

function fail(error) { say({ event: 'broken', error: String(error?.stack ?? error) }); }
process.on('unhandledRejection', fail);

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, do: what, ...more } = JSON.parse(line);
  try {
    say({ id, ok: (await actions[what](more)) ?? null });
  } catch (error) {
    say({ id, error: String(error?.message ?? error) });
  }
}).on('close', () => process.exit(0));
