import * as v from 'valibot'
import { client, read } from '../api/client'
import { AuthFrame } from '../components/AuthFrame'
import { useAuthForm } from '../components/auth-form'
import { DoorLink } from '../components/DoorLink'
import { PasswordField } from '../components/PasswordField'
import { goDoor, goInside, nextPage } from '../lib/door-path'
import { useTitle } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Problem } from '../ui/Feedback'
import { TextField } from '../ui/Field'

const schema = v.object({
  email: v.pipe(v.string(), v.trim(), v.minLength(1, t.auth.needEmail)),
  password: v.pipe(v.string(), v.minLength(1, t.auth.needSomePassword)),
})

export function SignInPage() {
  useTitle(t.auth.signIn)
  const next = nextPage(window.location.search)
  const form = useAuthForm(
    schema,
    { email: '', password: '' },
    ({ email, password }) => read(client.POST('/api/auth/login', { body: { email: email.trim(), password } })),
    me => {
      if (next || me.workspace.onboarding.step === 'done') goInside(next ?? '/')
      else goDoor('/welcome')
    },
  )
  return (
    <AuthFrame title={t.auth.signInTitle}>
      {next && <p className="rounded-control bg-info-bg p-3 text-info">{t.auth.signedOut}</p>}
      <form noValidate onSubmit={form.submit} className="grid gap-4">
        <TextField label={t.auth.email} type="email" autoComplete="email" inputMode="email" {...form.field('email')} />
        <PasswordField autoComplete="current-password" {...form.field('password')} />
        <Problem error={form.error} />
        <Button kind="primary" type="submit" busy={form.busy}>
          {form.busy ? t.auth.signingIn : t.auth.signIn}
        </Button>
      </form>
      <p className="text-muted">
        {t.auth.newHere} <DoorLink to="/sign-up">{t.auth.toSignUp}</DoorLink>
      </p>
    </AuthFrame>
  )
}
