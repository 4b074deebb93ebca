// The linked devices of a phone, and the ways to link another.
import * as api from './api.js';
import { h, when } from './dom.js';
import { canCapture, fromPicture, fromScreen } from './qr.js';

export function linkedDevices(view) {
  const number = view.phone;
  const list = h('div', { class: 'ways' });
  const result = h('p', { role: 'status' });

  const say = (text, kind) => { result.textContent = text; result.className = kind; };
  const attempt = async (doing, work) => {
    say(doing, 'muted');
    try {
      const device = await work();
      const compare = device.code ? ` Both sides show ${device.code}.` : '';
      say(`Linked ${device.name || 'the device'}.${compare} It connects in a moment.`, 'done');
      return true;
    } catch (problem) {
      say(problem.name === 'NotAllowedError' ? 'The screen was not shared.' : problem.message, 'problem');
      return false;
    }
  };
  const scanPicture = (file) => attempt('Reading the picture…', async () => api.scan(number, await fromPicture(file)));

  const file = h('input', { type: 'file', accept: 'image/*', hidden: true, onchange: () => { if (file.files[0]) scanPicture(file.files[0]); file.value = ''; } });
  const way = (label, hint, onclick) => h('button', { onclick, type: 'button' }, h('b', {}, label), h('small', {}, hint));
  const text = h('input', { placeholder: 'or paste the code’s text', 'aria-label': 'Text of the QR code', autocomplete: 'off' });
  const code = h('input', { class: 'code', placeholder: 'ABCD-EFGH', 'aria-label': 'Pairing code', maxlength: 9, autocomplete: 'off' });
  code.addEventListener('input', () => {
    const typed = code.value.toUpperCase().replace(/[^0-9A-Z]/g, '').slice(0, 8);
    code.value = typed.length > 4 ? typed.slice(0, 4) + '-' + typed.slice(4) : typed;
  });
  const form = (work, ...content) => h('form', { class: 'row', onsubmit: (event) => { event.preventDefault(); work(); } }, ...content);

  const drop = h('div', { class: 'drop ways' },
    canCapture() ? way('Capture the screen', 'Pick the window that shows the QR code', () => attempt('Looking for a QR code on your screen…', async () => api.scan(number, await fromScreen()))) : null,
    way('Choose a screenshot', 'Or drop or paste one here', () => file.click()), file,
    form(() => attempt('Scanning…', () => api.scan(number, text.value)).then((ok) => { if (ok) text.value = ''; }), text, h('button', {}, 'Scan')));
  drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (event.dataTransfer.files[0]) scanPicture(event.dataTransfer.files[0]);
  });

  const asked = h('p', { class: 'done' }, 'A device is waiting for its code. Type it here.');
  const element = h('div', { class: 'body panel', tabindex: -1 },
    list,
    h('h3', {}, 'Link a device'),
    result,
    drop,
    h('div', { class: 'or' }, 'or with a pairing code'),
    asked,
    form(() => attempt('Checking the code…', () => api.enterCode(number, code.value)).then((ok) => { if (ok) code.value = ''; }), code, h('button', { class: 'primary' }, 'Link')));
  element.addEventListener('paste', (event) => {
    const picture = [...event.clipboardData.files].find((f) => f.type.startsWith('image/'));
    if (picture) { event.preventDefault(); scanPicture(picture); }
  });

  const update = (now) => {
    asked.hidden = !now.codeAsked;
    list.replaceChildren(...(now.devices.length ? now.devices.map((d) => deviceRow(number, d, say))
      : [h('p', { class: 'muted' }, now.kind === 'owner' ? 'No device is linked. Show a QR code in the dashboard, then scan it here.' : 'Customers usually link nothing. You can, if you like.')]));
  };
  update(view);
  return { element, update };
}

function deviceRow(number, d, say) {
  let sure = false;
  const button = h('button', { class: 'danger', onclick: async () => {
    if (!sure) {
      sure = true;
      button.textContent = 'Really?';
      setTimeout(() => { sure = false; button.textContent = 'Unlink'; }, 3000);
      return;
    }
    try {
      await api.unlink(number, d.device);
      say('Unlinked.', 'muted');
    } catch (problem) { say(problem.message, 'problem'); }
  } }, 'Unlink');
  const waits = d.queued ? `, ${d.queued} waiting` : '';
  return h('div', { class: 'device' },
    h('span', { class: `dot ${d.online ? 'on' : ''}` }),
    h('div', { class: 'text' }, h('b', {}, d.name || 'Device ' + d.device),
      h('small', {}, d.online ? 'Online' + waits : `Last seen ${when(d.lastSeen)}${waits}`),
      h('small', {}, `Linked ${when(d.linkedAt)}`)),
    button);
}
