import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { client, read } from '../api/client'
import { connectionQuery, membersQuery } from '../api/queries'
import type { Member, OfferedNumber } from '../api/types'
import { isOwner, useMe } from '../components/workspace'
import { useNow } from '../lib/hooks'
import { readPhone, showPhone } from '../lib/phone'
import { countdown } from '../lib/time'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Dialog } from '../ui/Dialog'
import { Problem, Skeleton } from '../ui/Feedback'
import { SelectField, TextField } from '../ui/Field'
import { Page } from '../ui/Page'

/** Who belongs to the business, and whose phone may command the bot. */
export function TeamPage() {
  const members = useQuery(membersQuery)
  const { role } = useMe().user
  const owns = isOwner(role)
  return (
    <Page title={pages.team.title} help={pages.team.help}>
      {members.data?.offered.map(offer => (
        <Offer key={offer.phone} offer={offer} />
      ))}
      <Card flush>
        {members.isPending && <Skeleton />}
        {members.error && !members.data && (
          <Problem error={members.error} onRetry={() => void members.refetch()} className="m-4" />
        )}
        <ul className="divide-y divide-line">
          {members.data?.members.map(member => (
            <li key={member.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3">
              <Row member={member} owns={owns} />
            </li>
          ))}
        </ul>
      </Card>
      {owns && <AddNumber members={members.data?.members ?? []} />}
    </Page>
  )
}

/** The code, large enough to read out. The phone proves itself by sending it. */
function Offer({ offer }: { offer: OfferedNumber }) {
  const now = useNow(1_000)
  const business = useQuery(connectionQuery).data?.phone
  const left = Date.parse(offer.expiresAt) - now
  if (left <= 0) return null
  return (
    <Card title={pages.team.codeFor(showPhone(offer.phone))}>
      <div className="grid gap-2">
        <p className="font-mono text-28 font-strong tracking-widest" data-testid="code">
          {offer.code.slice(0, 3)} {offer.code.slice(3)}
        </p>
        <p>{pages.team.sendIt(showPhone(offer.phone), showPhone(business))}</p>
        <p className="text-14 text-muted">{t.connection.timeLeft(countdown(left))}</p>
      </div>
    </Card>
  )
}

function Row({ member, owns }: { member: Member; owns: boolean }) {
  const [asking, setAsking] = useState(false)
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => read(client.DELETE('/api/members/{id}', { params: { path: { id: member.id } } })),
    onSuccess: () => {
      setAsking(false)
      void queries.invalidateQueries({ queryKey: ['members'] })
    },
  })
  const name = member.email ?? member.name ?? showPhone(member.phones[0]) ?? t.inbox.unknown
  return (
    <>
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{name || t.inbox.unknown}</p>
        <p className="text-14 text-muted">
          {pages.team.roles[member.role]} ·{' '}
          {member.phones.length ? member.phones.map(phone => showPhone(phone)).join(', ') : pages.team.noPhone}
        </p>
      </div>
      {owns && member.role !== 'owner' && (
        <Button kind="quiet" onClick={() => setAsking(true)}>
          {pages.team.remove}
        </Button>
      )}
      {asking && (
        <Dialog
          title={pages.team.removeTitle(name)}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{pages.team.keep}</Button>
              <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
                {pages.team.remove}
              </Button>
            </>
          }
        >
          <p>{pages.team.removeText}</p>
          <Problem error={remove.error} />
        </Dialog>
      )}
    </>
  )
}

function AddNumber({ members }: { members: Member[] }) {
  const { user } = useMe()
  const [typed, setTyped] = useState('')
  const [whose, setWhose] = useState('agent')
  const queries = useQueryClient()
  const offer = useMutation({
    mutationFn: (phone: string) =>
      read(
        client.POST('/api/members', {
          body: whose === 'agent' || whose === 'admin' ? { phone, role: whose } : { phone, memberId: whose },
        }),
      ),
    onSuccess: () => {
      setTyped('')
      void queries.invalidateQueries({ queryKey: ['members'] })
    },
  })
  const phone = readPhone(typed)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (phone) offer.mutate(phone)
  }
  return (
    <Card title={pages.team.add}>
      <form onSubmit={submit} className="grid gap-4">
        <p className="text-muted">{pages.team.addHelp}</p>
        <div className="grid gap-4 md:grid-cols-2">
          <TextField
            label={pages.team.number}
            help={t.connection.numberHelp}
            type="tel"
            autoComplete="off"
            value={typed}
            onChange={event => setTyped(event.target.value)}
          />
          <SelectField label={pages.team.whose} value={whose} onChange={event => setWhose(event.target.value)}>
            <option value="agent">{pages.team.newAgent}</option>
            <option value="admin">{pages.team.newAdmin}</option>
            {members
              .filter(member => member.email && ['owner', 'admin', 'agent'].includes(member.role))
              .map(member => (
                <option key={member.id} value={member.id}>
                  {member.id === user.id ? pages.team.mine : member.email}
                </option>
              ))}
          </SelectField>
        </div>
        <Problem error={offer.error} />
        <div>
          <Button kind="primary" type="submit" busy={offer.isPending} disabled={!phone}>
            {pages.team.getCode}
          </Button>
        </div>
      </form>
    </Card>
  )
}
