import { useQuery } from '@tanstack/react-query'
import { connectionQuery } from '../../api/queries'
import { NumberUseChoice } from '../../components/NumberUseChoice'
import { WhatsAppConnection } from '../../components/WhatsAppConnection'
import { t } from '../../text/messages.en'
import { Button } from '../../ui/Button'
import { StepFooter, StepTitle } from './parts'

/** Step 2: the number. Nothing here has to be finished to go on. */
export function LinkStep({ busy, onNext }: { busy: boolean; onNext: () => void }) {
  const connected = useQuery(connectionQuery).data?.whatsappConnected
  return (
    <>
      <StepTitle title={t.welcome.linkTitle} help={t.welcome.linkHelp} />
      <WhatsAppConnection />
      <NumberUseChoice title={t.welcome.useTitle} />
      {connected && (
        <div className="rounded-card bg-info-bg p-4">
          <h2 className="text-16">{t.welcome.greetingTitle}</h2>
          <p className="text-muted">{t.welcome.greetingHelp}</p>
        </div>
      )}
      <StepFooter>
        <Button kind={connected ? 'primary' : 'quiet'} busy={busy} onClick={onNext}>
          {connected ? t.welcome.next : t.welcome.later}
        </Button>
      </StepFooter>
    </>
  )
}
