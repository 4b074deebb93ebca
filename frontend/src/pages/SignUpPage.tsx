import * as v from 'valibot'
import { client, read } from '../api/client'
import { AuthFrame } from '../components/AuthFrame'
import { useAuthForm } from '../components/auth-form'
import { DoorLink } from '../components/DoorLink'
import { PasswordField } from '../components/PasswordField'
import { goDoor } from '../lib/door-path'
import { useTitle } from '../lib/hooks'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { Problem } from '../ui/Feedback'
import { TextField } from '../ui/Field'

const schema = v.object({
  businessName: v.pipe(v.string(), v.trim(), v.minLength(1, t.auth.needName)),
  email: v.pipe(v.string(), v.trim(), v.email(t.auth.needEmail)),
  password: v.pipe(v.string(), v.minLength(8, t.auth.needPassword)),
})

/** Three fields, no card; the workspace is made silently from the name. */
export function SignUpPage() {
  useTitle(t.auth.signUpTitle)
  const form = useAuthForm(
    schema,
    { businessName: '', email: '', password: '' },
    ({ businessName, email, password }) =>
      read(
        client.POST('/api/auth/signup', { body: { businessName: businessName.trim(), email: email.trim(), password } }),
      ),
    () => goDoor('/welcome'),
  )
  return (
    <AuthFrame title={t.auth.signUpTitle} help={t.auth.signUpHelp}>
      <form noValidate onSubmit={form.submit} className="grid gap-4">
        <TextField
          label={t.auth.businessName}
          help={t.auth.businessHelp}
          autoComplete="organization"
          maxLength={80}
          {...form.field('businessName')}
        />
        <TextField label={t.auth.email} type="email" autoComplete="email" inputMode="email" {...form.field('email')} />
        <PasswordField help={t.auth.passwordHelp} autoComplete="new-password" {...form.field('password')} />
        <Problem error={form.error} />
        <Button kind="primary" type="submit" busy={form.busy}>
          {form.busy ? t.auth.creating : t.auth.createAccount}
        </Button>
      </form>
      <p className="text-muted">
        {t.auth.haveAccount} <DoorLink to="/sign-in">{t.auth.signIn}</DoorLink>
      </p>
    </AuthFrame>
  )
}
