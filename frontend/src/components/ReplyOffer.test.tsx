import { expect, it } from 'vitest'
import { missed } from '../../dev/mock-data'
import { offersIn } from './ReplyOffer'

it('offers a reply in the chat it was written in, and in no other', () => {
  expect(offersIn('c1', missed).map(cluster => cluster.id)).toEqual(['u2'])
  expect(offersIn('c2', missed)).toEqual([])
  expect(offersIn('c1')).toEqual([])
})
