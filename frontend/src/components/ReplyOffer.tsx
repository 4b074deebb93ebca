import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { client, read } from '../api/client'
import type { UnansweredCluster } from '../api/types'
import { pages } from '../text/pages.en'
import { Button, buttonClass } from '../ui/Button'
import { Problem } from '../ui/Feedback'

/** The questions of a chat that the bot had no answer to, and a person replied to: their words could be everybody's answer. */
export const offersIn = (chat: string, missed: UnansweredCluster[] = []) =>
  missed.filter(cluster => cluster.suggestedAnswer?.customerId === chat)

/** Offers to make a person's reply an FAQ. Whoever says no is not asked about that question in this chat again. */
export function ReplyOffer({ chat, cluster }: { chat: string; cluster: UnansweredCluster }) {
  const queries = useQueryClient()
  const decline = useMutation({
    mutationFn: () =>
      read(
        client.POST('/api/unanswered/{id}/decline', {
          params: { path: { id: cluster.id } },
          body: { customerId: chat },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['unanswered'] }),
  })
  return (
    <div className="grid gap-2 rounded-card border border-line p-3">
      <div className="flex flex-wrap items-center gap-2">
        <p className="line-clamp-2 min-w-48 flex-1 wrap-anywhere">{pages.offer.title(cluster.question)}</p>
        <div className="flex gap-2">
          <Link to="/missed" search={{ answer: cluster.id }} className={buttonClass('primary')}>
            {pages.offer.add}
          </Link>
          <Button
            kind="quiet"
            title={pages.offer.noHelp}
            busy={decline.isPending || decline.isSuccess}
            onClick={() => decline.mutate()}
          >
            {pages.offer.no}
          </Button>
        </div>
      </div>
      <Problem error={decline.error} />
    </div>
  )
}
