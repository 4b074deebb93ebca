import { WhatsAppConnection } from '../components/WhatsAppConnection'
import { t } from '../text/messages.en'
import { Page } from '../ui/Page'

/** The line, on a page of its own. */
export function WhatsAppPage() {
  return (
    <Page title={t.connection.title}>
      <WhatsAppConnection />
    </Page>
  )
}
