import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, read } from '../api/client'
import { settingsQuery } from '../api/queries'
import type { Settings } from '../api/types'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Problem } from '../ui/Feedback'

/** How sure the bot has to be here, why, and the way back. */
export function Carefulness({ shift }: { shift: Settings['shift'] }) {
  const queries = useQueryClient()
  const reset = useMutation({
    mutationFn: () => read(client.POST('/api/settings/shift/reset')),
    onSuccess: settings => queries.setQueryData(settingsQuery.queryKey, settings),
  })
  return (
    <Card title={pages.careful.title}>
      <div className="grid gap-3">
        <p>{sentence(shift)}</p>
        <p className="text-14 text-muted">{pages.careful.help}</p>
        <Problem error={reset.error} />
        {shift.fittedAt && (
          <div>
            <Button busy={reset.isPending} onClick={() => reset.mutate()}>
              {pages.careful.reset}
            </Button>
          </div>
        )}
      </div>
    </Card>
  )
}

function sentence(shift: Settings['shift']): string {
  const { labels, right, expected, judged, least } = shift
  if (!shift.fittedAt || labels < least) return pages.careful.counting(Math.max(labels, judged), least)
  if (shift.by === 0) return pages.careful.asShipped(labels)
  return pages.careful.more(shift.answersFrom.toFixed(2), labels, right, Math.round(expected))
}
