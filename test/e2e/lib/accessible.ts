import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/**
 * expectAccessible looks for faults in the page as it is now: all rules in the light, colours again in the dark, and nothing
 * that makes a page scroll sideways. SCREENS names a folder to keep a picture of each, light and dark.
 */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await expect(page.getByRole('main')).toBeVisible()
  const faults = (scan: AxeBuilder) => scan.analyze().then(({ violations }) => violations.map(told))
  expect.soft(await faults(new AxeBuilder({ page })), `${what}, light`).toEqual([])
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect.soft(sideways, `${what}: pixels that stick out`).toBeLessThanOrEqual(0)
  await picture(page, `${what} light`)
  await page.emulateMedia({ colorScheme: 'dark' })
  expect.soft(await faults(new AxeBuilder({ page }).withRules('color-contrast')), `${what}, dark`).toEqual([])
  await picture(page, `${what} dark`)
  await page.emulateMedia({ colorScheme: 'light' })
}

async function picture(page: Page, what: string): Promise<void> {
  const folder = process.env.SCREENS
  const wide = page.viewportSize()?.width ?? 0
  if (folder) await page.screenshot({ path: join(folder, `${wide} ${what}.png`), animations: 'disabled' })
}

type Violation = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number]

const told = ({ id, help, nodes }: Violation) => ({
  id,
  help,
  where: nodes.map(node => `${node.target.join(' ')} ${node.failureSummary}`),
})
