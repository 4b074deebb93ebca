// The control API, and the stream that says what changed.

export async function call(method, path, body) {
  const response = await fetch('/sandbox/api/' + path, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The sandbox answered ${response.status}.`);
  return answer;
}

export const phones = () => call('GET', 'phones');
export const phone = (number) => call('GET', `phones/${number}`);
export const addPhone = (p) => call('POST', 'phones', p);
export const messages = (number) => call('GET', `phones/${number}/messages?last=400`);
export const sendThing = (number, message) => call('POST', `phones/${number}/messages`, message);
export const offline = (number, offline) => call('POST', `phones/${number}/offline`, { offline });
export const send = (number, to, text) => call('POST', `phones/${number}/messages`, { to, text });
export const read = (number, peer) => call('POST', `phones/${number}/read`, { peer });
export const typing = (number, peer, typing) => call('POST', `phones/${number}/typing`, { peer, typing });
export const ring = (number, to) => call('POST', `phones/${number}/call`, { to });
export const hangUp = (number, id) => call('POST', `phones/${number}/hang-up`, { id });
export const scan = (number, code) => call('POST', `phones/${number}/scan`, { code });
export const enterCode = (number, code) => call('POST', `phones/${number}/enter-code`, { code });
export const unlink = (number, device) => call('POST', `phones/${number}/unlink`, { device });
export const mediaURL = (number, id) => `/sandbox/api/phones/${number}/messages/${encodeURIComponent(id)}/media`;

export async function decodeQR(picture) {
  const response = await fetch('/sandbox/api/decode-qr', { method: 'POST', body: picture });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer.text;
}

// listen calls onHint for each change and onState when the stream opens or breaks.
export function listen(onHint, onState) {
  const stream = new EventSource('/sandbox/api/stream');
  stream.onmessage = (event) => onHint(JSON.parse(event.data));
  stream.onopen = () => onState(true);
  stream.onerror = () => onState(false);
}
