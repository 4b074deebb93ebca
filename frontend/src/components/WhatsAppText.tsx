import { Fragment, type ReactNode } from 'react'

const pattern = /(```[^`]+```|\*[^*\n]+\*|_[^_\n]+_|~[^~\n]+~|https?:\/\/[^\s<]+)/g

/** Text as WhatsApp shows it: *bold*, _italic_, ~struck~, ```code``` and links. */
export function WhatsAppText({ text }: { text: string }) {
  return (
    <span className="whitespace-pre-wrap">
      {text.split(pattern).map((part, index) => (
        <Fragment key={index}>{shown(part)}</Fragment>
      ))}
    </span>
  )
}

/** The same text on one line without its marks, where there is no room to show them. */
export function withoutMarks(text: string): string {
  return text
    .split(pattern)
    .map(part => part.replace(/^```([^`]+)```$|^\*([^*]+)\*$|^_([^_]+)_$|^~([^~]+)~$/, '$1$2$3$4'))
    .join('')
    .replace(/\s+/g, ' ')
}

function shown(part: string): ReactNode {
  if (/^```[^`]+```$/.test(part)) return <code className="font-mono text-14">{part.slice(3, -3)}</code>
  if (/^https?:\/\//.test(part)) {
    return (
      <a href={part} rel="noreferrer noopener" target="_blank" className="underline underline-offset-2">
        {part}
      </a>
    )
  }
  const inner = part.slice(1, -1)
  if (/^\*[^*]+\*$/.test(part)) return <strong>{inner}</strong>
  if (/^_[^_]+_$/.test(part)) return <em>{inner}</em>
  if (/^~[^~]+~$/.test(part)) return <s>{inner}</s>
  return part
}
