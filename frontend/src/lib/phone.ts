/** +2348030000001 → +234 803 000 0001; other countries are grouped plainly. */
export function showPhone(phone: string | null | undefined): string {
  if (!phone) return ''
  const digits = phone.replace(/\D/g, '')
  const nigerian = /^(234)(\d{3})(\d{3})(\d{4})$/.exec(digits)
  if (nigerian) return `+${nigerian.slice(1).join(' ')}`
  return `+${digits.replace(/(\d{3})(?=\d{3})/g, '$1 ')}`
}

/** What a person types for their number, as +digits; 0803… is Nigerian. Undefined when it cannot be one. */
export function readPhone(typed: string): string | undefined {
  const digits = typed.replace(/\D/g, '').replace(/^00/, '')
  const international = digits.startsWith('0') ? `234${digits.slice(1)}` : digits.replace(/^2340/, '234')
  return international.length >= 8 && international.length <= 15 ? `+${international}` : undefined
}
