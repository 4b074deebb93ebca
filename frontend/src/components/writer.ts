import type { Message } from '../api/types'
import { t } from '../text/messages.en'

/** Who wrote it, as far as the log knows: words from the business's own phone may be anybody's of the team. */
export function writer({ author, member }: Pick<Message, 'author' | 'member'>): string {
  if (member?.you) return t.inbox.you
  return member?.name ?? t.inbox.author[author]
}
