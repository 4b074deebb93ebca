import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Bot, UserRound } from 'lucide-react'
import { client, read } from '../api/client'
import type { Conversation } from '../api/types'
import { useNow } from '../lib/hooks'
import { span } from '../lib/time'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Problem } from '../ui/Feedback'

/** Who talks in this chat: take it over for a while, or give it back to the bot. */
export function QuietMenu({ conversation }: { conversation: Conversation }) {
  const { id, quietUntil, handedOff } = conversation
  const now = useNow(5_000)
  const queries = useQueryClient()
  const params = { params: { path: { id } } }
  const change = useMutation({
    mutationFn: (minutes: number | 'back') =>
      minutes === 'back'
        ? read(client.POST('/api/conversations/{id}/giveback', params))
        : read(
            client.POST('/api/conversations/{id}/takeover', {
              ...params,
              body: minutes ? { minutes } : { always: true },
            }),
          ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['messages', id] })
      void queries.invalidateQueries({ queryKey: ['conversations'] })
    },
  })
  const left = quietUntil ? Date.parse(quietUntil) - now : 0
  const quiet = left > 0 || handedOff
  return (
    <div className="grid gap-2 border-b border-line px-4 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <p className={`flex min-w-40 flex-1 items-center gap-1.5 text-14 ${quiet ? 'text-human' : 'text-accent'}`}>
          {quiet ? <UserRound aria-hidden size={18} /> : <Bot aria-hidden size={18} />}
          {left > 0
            ? t.inbox.quietFor(left > 30 * 86_400_000 ? '' : span(left))
            : quiet
              ? t.inbox.handedOff
              : t.inbox.botTalks}
        </p>
        {quiet && (
          <Button busy={change.isPending} onClick={() => change.mutate('back')}>
            {t.inbox.giveBack}
          </Button>
        )}
        <details className="relative">
          <summary className="inline-flex min-h-11 items-center rounded-control border border-control px-4 font-medium">
            {quiet ? t.inbox.longer : t.inbox.takeOver}
          </summary>
          <ul className="absolute right-0 z-10 mt-1 grid w-48 rounded-card border border-line bg-surface p-1 shadow-xl">
            {t.inbox.takeOverFor.map(({ minutes, label }) => (
              <li key={minutes}>
                <button
                  type="button"
                  disabled={change.isPending}
                  onClick={event => {
                    event.currentTarget.closest('details')?.removeAttribute('open')
                    change.mutate(minutes)
                  }}
                  className="min-h-11 w-full rounded-control px-3 text-left hover:bg-sunken"
                >
                  {label}
                </button>
              </li>
            ))}
          </ul>
        </details>
      </div>
      <Problem error={change.error} />
    </div>
  )
}
