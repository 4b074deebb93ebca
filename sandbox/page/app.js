// The page: a shelf of phones, kept up to date by the server's hints.
import * as api from './api.js';
import { h } from './dom.js';
import { Phone } from './phone.js';

const shelf = document.getElementById('phones');
const jump = document.getElementById('jump');
const welcome = document.getElementById('welcome');
const live = document.getElementById('live');
const dialog = document.getElementById('new-phone');
const form = document.getElementById('new-phone-form');
const phones = new Map();
const book = { names: new Map(), all: [] }; // what every phone's contact list shows

async function refresh() {
  const views = await api.phones();
  book.all = views;
  book.names = new Map(views.map((v) => [v.phone, v.name]));
  for (const view of views) {
    let phone = phones.get(view.phone);
    if (!phone) {
      phone = new Phone(view, book);
      phones.set(view.phone, phone);
      shelf.append(phone.element);
    }
    phone.update(view);
  }
  jump.replaceChildren(...views.map((v) => h('button', { onclick: () => phones.get(v.phone).element.scrollIntoView({ behavior: 'smooth' }) }, v.name)));
  welcome.hidden = views.length > 0;
}

const soon = new Map(); // one reading for many hints
function later(key, work) {
  if (soon.has(key)) return;
  soon.set(key, setTimeout(() => {
    soon.delete(key);
    work().catch((problem) => console.warn(problem.message));
  }, 60));
}

function onHint({ phone, what }) {
  if (what === 'phones' || !phones.has(phone)) return later('all', refresh);
  if (what === 'messages') return later('m' + phone, () => phones.get(phone).refreshMessages());
  return later('v' + phone, async () => phones.get(phone).update(await api.phone(phone)));
}

function onState(on) {
  live.className = 'live ' + (on ? 'on' : 'off');
  live.textContent = on ? 'live' : 'not connected, trying again…';
  if (on) {
    later('all', refresh);
    for (const phone of phones.values()) later('m' + phone.number, () => phone.refreshMessages());
  }
}

function openDialog(kind) {
  form.reset();
  form.querySelector('.problem').hidden = true;
  form.elements.kind.value = kind;
  form.elements.phone.value = '+23480' + String(Math.floor(10000000 + Math.random() * 89999999));
  form.elements.name.placeholder = kind === 'owner' ? 'Corner Bakery' : 'Ada';
  dialog.showModal();
  form.elements.name.focus();
}

form.addEventListener('change', () => {
  form.elements.name.placeholder = form.elements.kind.value === 'owner' ? 'Corner Bakery' : 'Ada';
});
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { name, phone, kind } = form.elements;
  try {
    await api.addPhone({ name: name.value.trim(), phone: phone.value, kind: kind.value });
    dialog.close();
    await refresh();
    shelf.lastElementChild?.scrollIntoView({ behavior: 'smooth', block: 'nearest' });
  } catch (problem) {
    const line = form.querySelector('.problem');
    line.textContent = problem.message;
    line.hidden = false;
  }
});
form.querySelector('[data-close]').addEventListener('click', () => dialog.close());
document.getElementById('add').addEventListener('click', () => openDialog(book.all.some((p) => p.kind === 'owner') ? 'customer' : 'owner'));
document.getElementById('welcome-add').addEventListener('click', () => openDialog('owner'));

refresh().catch(() => onState(false));
api.listen(onHint, onState);
