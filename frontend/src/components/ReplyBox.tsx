import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { SendHorizontal } from 'lucide-react'
import { type FormEvent, useRef, useState } from 'react'
import { client, read } from '../api/client'
import { faqsQuery } from '../api/queries'
import { useDraft } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Problem } from '../ui/Feedback'
import { faqTitle } from './faq-title'

/** A person's own words for a customer. "/" offers the FAQs' answers. The bot goes quiet in the chat. */
export function ReplyBox({ id }: { id: string }) {
  const [text, setText, dropDraft] = useDraft(`reply ${id}`, '')
  // The same key until it is sent, so that trying again after a lost answer sends nothing twice.
  const key = useRef(crypto.randomUUID())
  const queries = useQueryClient()
  const send = useMutation({
    mutationFn: (words: string) =>
      read(
        client.POST('/api/conversations/{id}/messages', {
          params: { path: { id } },
          body: { text: words, key: key.current },
        }),
      ),
    onSuccess: () => {
      key.current = crypto.randomUUID()
      setText('')
      dropDraft()
      void queries.invalidateQueries({ queryKey: ['messages', id] })
      void queries.invalidateQueries({ queryKey: ['conversations'] })
    },
  })
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    if (text.trim() && !send.isPending) send.mutate(text.trim())
  }
  return (
    <form onSubmit={submit} className="grid gap-2 border-t border-line p-3">
      {text.startsWith('/') && <QuickReplies search={text.slice(1)} onPick={setText} />}
      <Problem error={send.error} onRetry={() => submit()} />
      <div className="flex items-end gap-2">
        <textarea
          aria-label={t.inbox.reply}
          aria-describedby="reply-help"
          placeholder={t.inbox.replyPlaceholder}
          rows={1}
          maxLength={4096}
          value={text}
          onChange={event => setText(event.target.value)}
          onKeyDown={event => {
            if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) submit()
          }}
          className="field field-sizing-content max-h-48 min-h-11 flex-1"
        />
        <Button kind="primary" type="submit" busy={send.isPending} disabled={!text.trim() || text.startsWith('/')}>
          <SendHorizontal aria-hidden size={18} /> {t.inbox.send}
        </Button>
      </div>
      <p id="reply-help" className="text-14 text-muted">
        {t.inbox.replyHelp}
      </p>
    </form>
  )
}

function QuickReplies({ search, onPick }: { search: string; onPick: (answer: string) => void }) {
  const faqs = useQuery(faqsQuery).data ?? []
  const words = search.toLowerCase().split(/\s+/)
  const found = faqs
    .filter(faq => words.every(word => faq.questions.join(' ').toLowerCase().includes(word)))
    .slice(0, 5)
  const [active, setActive] = useState(0)
  if (!found.length) return <p className="px-1 text-14 text-muted">{t.faqs.noMatch}</p>
  return (
    <ul aria-label={t.inbox.quickReplies} className="grid gap-1">
      {found.map((faq, index) => (
        <li key={faq.id}>
          <button
            type="button"
            onClick={() => onPick(faq.answer)}
            onFocus={() => setActive(index)}
            className={`min-h-11 w-full rounded-control px-3 text-left hover:bg-sunken ${index === active ? 'bg-sunken' : ''}`}
          >
            {faqTitle(faq)}
          </button>
        </li>
      ))}
    </ul>
  )
}
