import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { EllipsisVertical } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import { client, read } from '../api/client'
import { ApiProblem } from '../api/problem'
import type { InboxFilter } from '../api/types'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button, buttonClass } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { Empty, Problem } from '../ui/Feedback'
import { PasswordField } from './PasswordField'

/** wasErased tells whether a chat cannot be shown because its customer was erased. */
export const wasErased = (error: unknown) => error instanceof ApiProblem && error.code === 'customer.erased'

/** What an old link to the chat of an erased customer shows. */
export function Erased({ filter }: { filter?: InboxFilter }) {
  return (
    <Empty title={pages.erase.erased}>
      <p>{pages.erase.erasedHelp}</p>
      <Link to="/inbox" search={filter ? { filter } : {}} className={buttonClass('plain')}>
        {pages.erase.toInbox}
      </Link>
    </Empty>
  )
}

type Erasing = { id: string; name: string; onErased: () => void }

/** What an owner may do with a chat besides talking. */
export function ChatMenu(props: Erasing) {
  const [erasing, setErasing] = useState(false)
  return (
    <>
      <details className="relative flex-none">
        <summary
          aria-label={pages.erase.more}
          title={pages.erase.more}
          className="grid size-11 list-none place-items-center rounded-control text-muted hover:bg-sunken [&::-webkit-details-marker]:hidden"
        >
          <EllipsisVertical aria-hidden size={20} />
        </summary>
        <ul className="absolute right-0 z-10 mt-1 w-56 rounded-card border border-line bg-surface p-1 shadow-xl">
          <li>
            <button
              type="button"
              onClick={event => {
                event.currentTarget.closest('details')?.removeAttribute('open')
                setErasing(true)
              }}
              className="min-h-11 w-full rounded-control px-3 text-left text-danger hover:bg-danger-bg"
            >
              {pages.erase.open}
            </button>
          </li>
        </ul>
      </details>
      {erasing && <EraseDialog {...props} onClose={() => setErasing(false)} />}
    </>
  )
}

/** Says what goes, what stays and what is out of reach, and asks for the password. */
export function EraseDialog({ id, name, onErased, onClose }: Erasing & { onClose: () => void }) {
  const queries = useQueryClient()
  const form = useId()
  const [password, setPassword] = useState('')
  const [tried, setTried] = useState(false)
  const erase = useMutation({
    mutationFn: () =>
      read(client.POST('/api/conversations/{id}/erase', { params: { path: { id } }, body: { password } })),
    onSuccess: () => {
      onErased()
      queries.removeQueries({ queryKey: ['messages', id] })
      for (const key of ['conversations', 'unanswered', 'faqs', 'alerts']) {
        void queries.invalidateQueries({ queryKey: [key] })
      }
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (password && !erase.isPending) erase.mutate()
  }
  const refused = erase.error instanceof ApiProblem ? erase.error.fields.password : undefined
  const p = pages.erase
  return (
    <Dialog
      title={p.title(name)}
      onClose={onClose}
      actions={
        <>
          <Button kind="plain" onClick={onClose}>
            {t.cancel}
          </Button>
          <Button kind="danger" type="submit" form={form} busy={erase.isPending}>
            {p.confirm}
          </Button>
        </>
      }
    >
      <p className="font-medium text-danger">{p.forGood}</p>
      <dl className="grid gap-2">
        {p.parts.map(({ what, text }) => (
          <div key={what}>
            <dt className="font-medium">{what}</dt>
            <dd className="text-muted">{text}</dd>
          </div>
        ))}
      </dl>
      <form id={form} noValidate onSubmit={submit} className="grid gap-4">
        <PasswordField
          name="password"
          autoComplete="current-password"
          help={p.passwordHelp}
          value={password}
          error={refused ?? (tried && !password ? t.auth.needSomePassword : undefined)}
          onChange={event => {
            setPassword(event.target.value)
            erase.reset()
          }}
        />
        {!refused && <Problem error={erase.error} />}
      </form>
    </Dialog>
  )
}
