import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { connectionQuery, conversationsQuery, messagesQuery } from '../../api/queries'
import type { Message } from '../../api/types'
import { TestBench } from '../../components/TestBench'
import { useWorkspace } from '../../components/workspace'
import { showPhone } from '../../lib/phone'
import { clockSeconds, replyTime } from '../../lib/time'
import { t } from '../../text/messages.en'
import { Button } from '../../ui/Button'
import { Card } from '../../ui/Card'
import { Lamp } from '../../ui/Lamp'
import { StepFooter, StepTitle } from './parts'

type Props = { busy: boolean; onBack: () => void; onLink: () => void; onNext: () => void }

/** Step 4: the proof. A real message answered, with its times; or the bench, when no number is linked. */
export function TestStep({ busy, onBack, onLink, onNext }: Props) {
  const connection = useQuery(connectionQuery).data
  const phone = showPhone(connection?.phone)
  return (
    <>
      <StepTitle
        title={t.welcome.testTitle}
        help={connection?.whatsappConnected ? t.welcome.testHelp(phone) : t.welcome.testUnlinked}
      />
      {connection?.whatsappConnected && <LiveProof />}
      <TestBench />
      <StepFooter onBack={onBack}>
        {connection && !connection.whatsappConnected && (
          <Button kind="plain" busy={busy} onClick={onLink}>
            {t.welcome.backToLink}
          </Button>
        )}
        <Button kind="primary" busy={busy} onClick={onNext}>
          {t.welcome.finish}
        </Button>
      </StepFooter>
    </>
  )
}

function LiveProof() {
  const { timezone } = useWorkspace()
  const newest = useInfiniteQuery({ ...conversationsQuery('all'), refetchInterval: 3_000 }).data?.pages[0]
    ?.conversations[0]
  const thread = useInfiniteQuery({
    ...messagesQuery(newest?.id ?? ''),
    enabled: !!newest,
    refetchInterval: 3_000,
  }).data
  const proof = newest && proofIn(thread?.pages[0]?.messages ?? [])
  return (
    <Card>
      <div role="status" className="grid gap-2">
        {!proof && (
          <p className="flex items-center gap-3 text-muted">
            <Lamp tone="info" /> {t.welcome.waitingFirst}
          </p>
        )}
        {proof && (
          <>
            <p className="flex items-start gap-3 font-medium">
              <span className="flex h-6 items-center">
                <Lamp tone={proof.reply ? 'good' : 'warn'} />
              </span>
              <span>
                {t.welcome.arrived(clockSeconds(proof.message.at, timezone))}
                {proof.reply &&
                  ` → ${t.welcome.answered(clockSeconds(proof.reply.at, timezone), took(proof.message, proof.reply))} ✅`}
              </span>
            </p>
            <p className="text-muted">“{proof.message.text}”</p>
            {proof.reply?.why?.decision === 'fallback' && <p className="text-14 text-muted">{t.welcome.notAnswered}</p>}
          </>
        )}
      </div>
    </Card>
  )
}

/** The newest answered message of a chat, or the newest message, if none is answered yet. */
function proofIn(messages: Message[]): { message: Message; reply?: Message } | undefined {
  const last = messages.findLastIndex(one => one.author === 'bot' && one.status !== 'cancelled')
  const asked = messages.slice(0, last < 0 ? undefined : last).findLast(one => one.author === 'customer')
  return asked && { message: asked, reply: messages[last] }
}

const took = (message: Message, reply: Message) => replyTime(Math.max(0, Date.parse(reply.at) - Date.parse(message.at)))
