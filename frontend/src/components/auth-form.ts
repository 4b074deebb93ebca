import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import * as v from 'valibot'
import { forgetPosition } from '../api/client'
import { ApiProblem } from '../api/problem'
import { meQuery } from '../api/queries'
import type { Me } from '../api/types'

type Values = Record<string, string>
type Schema = v.ObjectSchema<Record<string, v.GenericSchema<string, string>>, undefined>

/** useAuthForm checks fields when they are left, sends the form once, and signs the person in. */
export function useAuthForm<V extends Values>(
  schema: Schema,
  initial: V,
  send: (values: V) => Promise<Me>,
  onDone: (me: Me) => void,
) {
  const queries = useQueryClient()
  const [values, setValues] = useState(initial)
  const [left, setLeft] = useState<Record<string, boolean>>({})
  const mutation = useMutation({
    mutationFn: send,
    onSuccess: ({ workspace, user }) => {
      queries.clear()
      forgetPosition()
      const me = { workspace, user }
      queries.setQueryData(meQuery.queryKey, me)
      onDone(me)
    },
  })
  const own = problemsOf(schema, values)
  const refused = mutation.error instanceof ApiProblem ? mutation.error.fields : {}
  const field = (name: keyof V & string) => ({
    name,
    value: values[name],
    error: left[name] ? (own[name] ?? refused[name]) : refused[name],
    onBlur: () => values[name] && setLeft(now => ({ ...now, [name]: true })),
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [name]: event.target.value }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setLeft(Object.fromEntries(Object.keys(values).map(name => [name, true])))
    if (Object.keys(own).length === 0 && !mutation.isPending) mutation.mutate(values)
  }
  const shownElsewhere = Object.keys(refused).some(name => name in values)
  return { field, submit, busy: mutation.isPending, error: shownElsewhere ? null : mutation.error }
}

function problemsOf(schema: Schema, values: Values): Values {
  const result = v.safeParse(schema, values)
  const problems: Values = {}
  for (const issue of result.issues ?? []) problems[v.getDotPath(issue) ?? ''] ??= issue.message
  return problems
}
