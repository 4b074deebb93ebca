// h builds an element: h('p', { class: 'muted', onclick: f }, 'text', child, …).
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name === 'value' || name === 'disabled') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== false));
  return element;
}

export const avatar = (name, number) => {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, '').trim().split(/\s+/);
  const circle = h('span', { class: 'avatar', 'aria-hidden': 'true' }, words.slice(0, 2).map((w) => w[0] || '').join('').toUpperCase());
  const hue = [...number].reduce((sum, digit) => (sum * 31 + digit.charCodeAt(0)) % 360, 7);
  circle.style.background = `hsl(${hue} 42% 42%)`;
  return circle;
};

export const pretty = (number) => '+' + number;

export const clock = (iso) => new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

export function when(iso) {
  const at = new Date(iso);
  return at.toDateString() === new Date().toDateString() ? clock(iso) : at.toLocaleDateString([], { day: 'numeric', month: 'short' }) + ', ' + clock(iso);
}

// formatted turns *bold*, _italic_ and ~struck~ into elements, as chats show them.
export function formatted(text) {
  const parts = [];
  const tags = { '*': 'b', _: 'i', '~': 's' };
  const pattern = /(^|[\s([{"'.,;:!?-])([*_~])(\S(?:[^\n]*?\S)?)\2(?=$|[\s)\]}"'.,;:!?-])/g;
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(last, match.index) + match[1], h(tags[match[2]], {}, ...formatted(match[3])));
    last = match.index + match[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}
