import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { client, read } from '../api/client'
import { AuthFrame } from '../components/AuthFrame'
import { DoorLink } from '../components/DoorLink'
import { goInside } from '../lib/door-path'
import { useTitle } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Problem } from '../ui/Feedback'

/** A link that the bot sent signs in once. A tap is asked for, so that nothing that only looks at the page uses it up. */
export function LinkPage() {
  useTitle(t.auth.signIn)
  const [token] = useState(() => window.location.hash.slice(1))
  const use = useMutation({
    mutationFn: () => read(client.POST('/api/auth/link', { body: { token } })),
    onSuccess: () => goInside('/'),
  })
  // The secret does not stay in the address bar or in the history.
  useEffect(() => window.history.replaceState(null, '', '/link'), [])
  return (
    <AuthFrame title={t.auth.linkTitle}>
      <Problem error={use.error} />
      <Button kind="primary" busy={use.isPending} disabled={token.length < 20} onClick={() => use.mutate()}>
        {use.isPending ? t.auth.signingIn : t.auth.signIn}
      </Button>
      <p className="text-muted">
        {t.auth.linkHelp} <DoorLink to="/sign-in">{t.auth.withPassword}</DoorLink>
      </p>
    </AuthFrame>
  )
}
