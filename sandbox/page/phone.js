// One phone: its chats, the chat that is open, and its linked devices.
import * as api from './api.js';
import { linkedDevices } from './devices.js';
import { avatar, clock, formatted, h, pretty, when } from './dom.js';
import { icon } from './icons.js';

// attachments is the button behind which everything besides words is sent.
function attachments(number, to, refused) {
  const file = h('input', { type: 'file', hidden: true, onchange: async () => {
    const picked = file.files[0];
    file.value = '';
    if (!picked) return;
    const kind = ['image', 'video', 'audio'].find((k) => picked.type.startsWith(k + '/')) || 'document';
    post({ type: kind, data: await base64(picked), mime: picked.type || 'application/octet-stream', name: picked.name });
  } });
  const post = (message) => { menu.open = false; api.sendThing(number, { to, ...message }).catch(refused); };
  const item = (label, work) => h('button', { type: 'button', onclick: work }, label);
  const menu = h('details', { class: 'attach' },
    h('summary', { 'aria-label': 'Attach' }, '+'),
    h('div', { class: 'menu' },
      item('Photo, video or file', () => file.click()),
      item('Voice note', () => post({ type: 'ptt', data: silence(), mime: 'audio/wav' })),
      item('Location', () => post({ type: 'location', latitude: 6.5244, longitude: 3.3792 })),
      item('Contact', () => post({ type: 'contact', name: 'Bola', text: '+234 802 000 0002' })),
      item('Poll', () => post({ type: 'poll', text: 'Jollof or fried rice?', options: ['Jollof', 'Fried rice'] })),
      file));
  return menu;
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}

// silence is a second of it, as a WAV file: what a voice note from this page sounds like.
function silence() {
  const samples = 8000;
  const view = new DataView(new ArrayBuffer(44 + samples));
  const text = (at, words) => [...words].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, 'RIFF'); view.setUint32(4, 36 + samples, true); text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, samples, true); view.setUint32(28, samples, true); view.setUint16(32, 1, true); view.setUint16(34, 8, true);
  text(36, 'data'); view.setUint32(40, samples, true);
  for (let i = 0; i < samples; i++) view.setUint8(44 + i, 128);
  return btoa(String.fromCharCode(...new Uint8Array(view.buffer)));
}

export class Phone {
  constructor(view, book) {
    this.number = view.phone;
    this.book = book;
    this.view = view;
    this.messages = [];
    this.page = 'chats';
    this.peer = null;
    this.screen = h('div', { class: 'screen' });
    this.element = h('article', { class: 'phone', 'aria-label': `Phone of ${view.name}` }, this.screen);
    this.refreshMessages();
  }

  update(view) {
    const before = JSON.stringify([this.view, this.known]);
    this.view = view;
    this.known = this.book.all.map((p) => [p.phone, p.name]);
    if (this.page === 'chat') this.drawTalk();
    else if (this.devices && this.page === 'devices') {
      this.devices.update(view);
      this.screen.firstChild.replaceWith(this.head());
      this.screen.lastChild.replaceWith(this.nav());
    }
    else if (!this.screen.firstChild || before !== JSON.stringify([view, this.known])) this.draw();
  }

  async refreshMessages() {
    this.messages = await api.messages(this.number);
    if (this.page === 'chat') this.drawTalk();
    else if (this.page === 'chats') this.draw();
  }

  open(page, peer = null) {
    this.page = page;
    this.peer = peer;
    this.draw();
  }

  draw() {
    const pages = { chats: () => this.drawChats(), chat: () => this.drawChat(), devices: () => this.drawDevices() };
    pages[this.page]();
  }

  name(number) {
    if (number === this.number) return this.view.name + ' (you)';
    return this.book.names.get(number) || pretty(number);
  }

  head() {
    const online = this.view.devices.filter((d) => d.online).length;
    const linked = this.view.devices.length;
    const tag = linked ? (online ? 'linked' : 'linked, offline') : this.view.kind === 'owner' ? 'not linked' : '';
    return h('div', { class: `bar ${this.view.kind} ${this.view.offline ? 'away' : ''}` },
      avatar(this.view.name, this.number),
      h('div', { class: 'who' }, h('b', {}, this.view.name), h('small', {}, pretty(this.number), tag && h('span', { class: 'tag' }, tag))),
      this.airSwitch());
  }

  // airSwitch takes the handset off the air and back.
  airSwitch() {
    const off = this.view.offline;
    return h('button', { class: 'air', role: 'switch', 'aria-checked': String(!off), 'aria-label': 'On the air',
      title: off ? 'This phone is offline. Put it back on the air.' : 'Take this phone off the air',
      onclick: () => api.offline(this.number, !off).catch((problem) => console.warn(problem.message)) }, off ? 'Offline' : 'On air');
  }

  nav() {
    const tab = (page, label, badge) => h('button', { 'aria-current': this.page === page ? 'page' : null, onclick: () => this.open(page) },
      label, badge ? ' ' : '', badge && h('span', { class: 'badge' }, String(badge)));
    return h('div', { class: 'nav' },
      tab('chats', 'Chats', this.view.unread || null),
      tab('devices', 'Linked devices', this.view.codeAsked ? '!' : null));
  }

  drawChats() {
    const last = new Map();
    const unread = new Map();
    for (const m of this.messages) {
      last.set(m.peer, m);
      if (m.direction === 'in' && m.status === 'delivered') unread.set(m.peer, (unread.get(m.peer) || 0) + 1);
    }
    const known = [...last.keys()].sort((a, b) => last.get(b).at.localeCompare(last.get(a).at));
    const others = this.book.all.filter((p) => !last.has(p.phone) && (p.phone !== this.number || this.view.kind === 'owner'))
      .sort((a, b) => (a.kind === 'owner' ? 0 : 1) - (b.kind === 'owner' ? 0 : 1));
    const entry = (number, line, badge, at) => h('button', { onclick: () => this.open('chat', number) },
      avatar(this.name(number), number),
      h('span', { class: 'text' }, h('b', {}, this.name(number)), h('small', {}, line)),
      h('span', { class: 'muted' }, badge ? h('span', { class: 'badge' }, String(badge)) : at && h('small', {}, clock(at))));
    const list = h('div', { class: 'body chats' },
      this.view.kind === 'owner' && !this.view.devices.length && h('button', { class: 'hint', onclick: () => this.open('devices') },
        h('span', { class: 'text' }, h('b', {}, 'Link this phone'), h('small', {}, 'Scan the QR code that the dashboard shows, or type its code')), '›'),
      known.map((number) => entry(number, summary(last.get(number)), unread.get(number), last.get(number).at)),
      others.length ? h('h3', {}, known.length ? 'Start another chat' : 'Start a chat') : null,
      others.map((p) => entry(p.phone, p.phone === this.number ? 'Message yourself' : pretty(p.phone))));
    if (!known.length && !others.length) {
      list.append(h('div', { class: 'empty' }, h('b', {}, 'Nobody to write to yet'), 'Add another phone, and it appears here.'));
    }
    this.screen.replaceChildren(this.head(), list, this.nav());
  }

  drawChat() {
    const box = h('textarea', { rows: 1, placeholder: 'Message', 'aria-label': `Message to ${this.name(this.peer)}` });
    const problem = h('p', { class: 'problem composer-problem', role: 'alert', hidden: true });
    const submit = async (event) => {
      event.preventDefault();
      const text = box.value.trim();
      if (!text) return;
      box.value = '';
      fit(box);
      problem.hidden = true;
      try {
        await this.typed; // or it would be seen behind the message
        this.typedAt = 0;
        await api.send(this.number, this.peer, text);
      } catch (failure) {
        box.value = text;
        problem.textContent = failure.message;
        problem.hidden = false;
      }
      box.focus();
    };
    const refused = (failure) => { problem.textContent = failure.message; problem.hidden = false; };
    const composer = h('form', { class: 'composer', onsubmit: submit }, attachments(this.number, this.peer, refused), box, h('button', { class: 'primary', 'aria-label': 'Send' }, icon('send')));
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event);
    });
    box.addEventListener('input', () => { fit(box); this.showTyping(); });
    this.talk = h('div', { class: 'body talk', role: 'log', 'aria-label': `Chat with ${this.name(this.peer)}` });
    this.atEnd = true;
    this.talk.addEventListener('scroll', () => { this.atEnd = this.talk.scrollHeight - this.talk.scrollTop - this.talk.clientHeight < 80; });
    this.talk.addEventListener('load', () => this.toEnd(), true); // pictures come later and push
    const bar = h('div', { class: `bar ${this.view.kind}` },
      h('button', { class: 'back', 'aria-label': 'Back to chats', onclick: () => this.open('chats') }, '‹'),
      avatar(this.name(this.peer), this.peer),
      h('div', { class: 'who' }, h('b', {}, this.name(this.peer)), h('small', {}, `${this.view.name}’s phone · ${pretty(this.peer)}`)),
      this.peer !== this.number && h('button', { class: 'ring', 'aria-label': `Call ${this.name(this.peer)}`, title: 'Call: rings until you hang up, or for 30 seconds',
        onclick: () => api.ring(this.number, this.peer).catch(refused) }, icon('call')));
    this.screen.replaceChildren(bar, this.talk, problem, composer);
    this.drawn = '';
    this.drawTalk();
    box.focus({ preventScroll: true });
  }

  drawTalk() {
    const mine = this.messages.filter((m) => m.peer === this.peer);
    const typing = this.view.typing.includes(this.peer);
    const drawn = JSON.stringify([mine, typing]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const { scrollTop } = this.talk;
    const stay = this.atEnd;
    const bubbles = bubblesOf(mine, this.number);
    if (!bubbles.length) {
      bubbles.push(h('div', { class: 'empty' }, h('b', {}, 'No messages yet'), this.peer === this.number
        ? 'What you write to yourself, your linked devices see.' : `Say hello to ${this.name(this.peer)}.`));
    }
    if (typing) bubbles.push(h('span', { class: 'typing' }, 'typing…'));
    this.talk.replaceChildren(...bubbles);
    this.atEnd = stay;
    if (stay) this.toEnd();
    else this.talk.scrollTop = scrollTop;
    if (mine.some((m) => m.direction === 'in' && m.status === 'delivered') && document.visibilityState === 'visible') {
      api.read(this.number, this.peer).catch(() => {});
    }
  }

  toEnd() {
    if (this.atEnd) this.talk.scrollTop = this.talk.scrollHeight;
  }

  showTyping() {
    const now = Date.now();
    if (now - (this.typedAt || 0) > 5000) {
      this.typedAt = now;
      this.typed = api.typing(this.number, this.peer, true).catch(() => {});
    }
  }

  drawDevices() {
    this.devices = linkedDevices(this.view);
    this.screen.replaceChildren(this.head(), this.devices.element, this.nav());
  }
}

function fit(box) {
  box.style.height = 'auto';
  box.style.height = Math.min(box.scrollHeight + 2, 110) + 'px';
}

function summary(m) {
  const words = { delete: 'deleted a message', other: 'something this page cannot show', reaction: `reacted ${m.text}` };
  const things = { ptt: 'Voice note', image: 'Photo', video: 'Video', audio: 'Audio', document: 'Document', sticker: 'Sticker', location: 'Location', contact: 'Contact', poll: 'Poll' };
  const text = words[m.type] || (things[m.type] ? `${things[m.type]} ${m.media ? m.media.name || m.text : m.text}`.trim() : m.text);
  return m.status === 'failed' ? 'could not be read' : [icon(m.type), text.replace(/\s+/g, ' ')];
}

// bubblesOf draws a chat: edits, deletions and reactions change the bubble they are about.
function bubblesOf(messages, number) {
  const shown = [];
  const byID = new Map();
  for (const m of messages) {
    const target = m.target && byID.get(m.target);
    if (target && m.type === 'edit') Object.assign(target, { text: m.text, edited: true });
    else if (target && m.type === 'delete') target.gone = true;
    else if (target && m.type === 'reaction') target.reaction = m.text;
    else {
      const copy = { ...m };
      byID.set(m.id, copy);
      shown.push(copy);
    }
  }
  let day = '';
  return shown.flatMap((m) => {
    const date = new Date(m.at).toDateString();
    const divider = date === day ? [] : [h('span', { class: 'day' }, date === new Date().toDateString() ? 'Today' : new Date(m.at).toLocaleDateString())];
    day = date;
    return [...divider, bubble(m, number)];
  });
}

function bubble(m, number) {
  const notes = [m.edited && 'edited', m.copies > 1 && `${m.copies} copies`, m.retries > 0 && 'asked again',
    m.direction === 'out' && m.device > 0 && 'from a linked device'].filter(Boolean);
  const mine = m.direction === 'out';
  return h('div', { class: `bubble ${mine ? 'mine' : ''} ${m.status === 'failed' ? 'failed' : ''} ${m.reaction ? 'reacted' : ''}`, title: when(m.at) },
    ...content(m, number),
    h('span', { class: 'meta' }, notes.length ? notes.join(', ') + ' · ' : '', clock(m.at), mine ? ' ' : '', mine && m.type !== 'call' && tick(m.status)),
    m.reaction && h('span', { class: 'reaction' }, m.reaction));
}

function content(m, number) {
  if (m.gone) return [h('span', { class: 'gone' }, 'This message was deleted')];
  if (m.status === 'failed') return [h('span', { class: 'gone' }, 'This message could not be read. '), h('small', {}, m.error || '')];
  if (m.media) {
    const url = api.mediaURL(number, m.id);
    const body = m.type === 'image' || m.type === 'sticker' ? picture(url, m)
      : m.type === 'ptt' || m.type === 'audio' ? voice(url, m)
      : h('a', { href: url, target: '_blank' }, icon(m.type), m.media.name || `Open the ${m.type}`);
    return [body, m.text ? h('span', {}, '\n', ...formatted(m.text)) : ''];
  }
  if (m.type === 'location' || m.type === 'contact' || m.type === 'poll') return [icon(m.type), ...formatted(m.text)];
  if (m.quote) return [h('span', { class: 'quote' }, m.quote.text || 'A message'), ...formatted(m.text)];
  if (m.type === 'call') {
    const ringing = m.direction === 'out' && m.text.endsWith('ringing');
    return [icon('call'), m.text, ringing && h('button', { class: 'hang-up', onclick: () => api.hangUp(number, m.id).catch(() => {}) }, 'Hang up')];
  }
  if (m.type === 'other') return [h('span', { class: 'gone' }, 'A message this page cannot show')];
  return formatted(m.text);
}

// picture shows an image, or its place if it is none a browser knows.
function picture(url, m) {
  const image = h('img', { src: url, alt: m.text || 'Image' });
  image.addEventListener('error', () => image.replaceWith(h('a', { class: 'file', href: url, target: '_blank' }, icon('image'), 'Photo')));
  return image;
}

function voice(url, m) {
  return h('span', { class: 'voice' }, h('span', {}, icon(m.type), m.type === 'ptt' ? 'Voice note' : 'Audio'), h('audio', { controls: true, preload: 'none', src: url }));
}

function tick(status) {
  const marks = { sent: ['✓', 'Sent'], delivered: ['✓✓', 'Delivered'], read: ['✓✓', 'Read'], failed: ['!', 'Failed'] };
  const [mark, label] = marks[status];
  return h('span', { class: status, role: 'img', 'aria-label': label, title: label }, mark);
}
