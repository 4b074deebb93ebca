import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** expectAccessible looks for serious faults in the page as it is now: all rules in the light, colours again in the dark. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  const faults = (scan: AxeBuilder) => scan.analyze().then(({ violations }) => violations.filter(isSerious).map(told))
  expect.soft(await faults(new AxeBuilder({ page })), `${what}, light`).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect.soft(await faults(new AxeBuilder({ page }).withRules('color-contrast')), `${what}, dark`).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
}

type Violation = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number]

const isSerious = ({ impact }: Violation) => impact === 'serious' || impact === 'critical'

const told = ({ id, help, nodes }: Violation) => ({
  id,
  help,
  where: nodes.map(node => `${node.target.join(' ')} ${node.failureSummary}`),
})
