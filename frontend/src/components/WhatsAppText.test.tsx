import { expect, it } from 'vitest'
import { withoutMarks } from './WhatsAppText'

it('a preview shows the words and none of the marks', () => {
  expect(withoutMarks('Okay, someone from *Ada’s Kitchen* will\nreply _here_.')).toBe(
    'Okay, someone from Ada’s Kitchen will reply here.',
  )
  expect(withoutMarks('see https://a.b/c_d_e')).toBe('see https://a.b/c_d_e')
})
