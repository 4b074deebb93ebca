const counts = new Intl.NumberFormat('en-GB')
const shares = new Intl.NumberFormat('en-GB', { style: 'percent', maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en-GB', { style: 'percent', maximumFractionDigits: 1 })

/** 1,980 */
export const count = (n: number) => counts.format(n)

/** 86% as “86 %”, or a dash when there is nothing to share out. */
export const share = (part: number | null | undefined) => (part == null ? '–' : shares.format(part).replace('%', ' %'))

/** “99.4 %” of something; a dash for none. */
export const fineShare = (part: number, of: number) => (of === 0 ? '–' : fine.format(part / of).replace('%', ' %'))
