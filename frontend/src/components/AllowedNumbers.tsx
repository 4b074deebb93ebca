import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { client, read } from '../api/client'
import type { AllowedPerson } from '../api/types'
import { readPhone, showPhone } from '../lib/phone'
import { t } from '../text/messages.en'
import { pages } from '../text/pages.en'
import { Button } from '../ui/Button'
import { Problem, Skeleton } from '../ui/Feedback'
import { TextField } from '../ui/Field'

const allowedQuery = queryOptions({
  queryKey: ['allowed'],
  queryFn: async ({ signal }) => (await read(client.GET('/api/allowed', { signal }))).people,
})

/** The numbers the bot answers although others like them are left alone. A number can be added before it has written. */
export function AllowedNumbers({ empty }: { empty: string }) {
  const allowed = useQuery(allowedQuery)
  return (
    <div className="grid gap-3 rounded-control border border-line p-3">
      {allowed.isPending && <Skeleton />}
      {allowed.error && !allowed.data && <Problem error={allowed.error} onRetry={() => void allowed.refetch()} />}
      {allowed.data?.length === 0 && <p className="text-muted">{empty}</p>}
      {!!allowed.data?.length && (
        <ul className="divide-y divide-line" aria-label={pages.talk.allowed.list}>
          {allowed.data.map(person => (
            <li key={person.id} className="flex items-center gap-3 py-1">
              <Row person={person} />
            </li>
          ))}
        </ul>
      )}
      <AddNumber />
    </div>
  )
}

function Row({ person }: { person: AllowedPerson }) {
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => read(client.DELETE('/api/allowed/{id}', { params: { path: { id: person.id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: allowedQuery.queryKey }),
  })
  const number = showPhone(person.phone)
  const shown = person.name ?? (number || t.inbox.unknown)
  return (
    <>
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{shown}</p>
        {person.name && <p className="text-14 text-muted">{number}</p>}
        <Problem error={remove.error} />
      </div>
      <Button
        kind="quiet"
        aria-label={pages.talk.allowed.removeOne(shown)}
        busy={remove.isPending}
        onClick={() => remove.mutate()}
      >
        {pages.team.remove}
      </Button>
    </>
  )
}

function AddNumber() {
  const [typed, setTyped] = useState('')
  const queries = useQueryClient()
  const add = useMutation({
    mutationFn: (phone: string) => read(client.POST('/api/allowed', { body: { phone } })),
    onSuccess: () => {
      setTyped('')
      return queries.invalidateQueries({ queryKey: allowedQuery.queryKey })
    },
  })
  const phone = readPhone(typed)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (phone) add.mutate(phone)
  }
  return (
    <form noValidate onSubmit={submit} className="grid gap-3">
      <TextField
        label={pages.talk.allowed.number}
        help={t.connection.numberHelp}
        type="tel"
        autoComplete="off"
        value={typed}
        onChange={event => setTyped(event.target.value)}
      />
      <Problem error={add.error} />
      <Button className="justify-self-start" type="submit" busy={add.isPending} disabled={!phone}>
        {pages.talk.allowed.add}
      </Button>
    </form>
  )
}
