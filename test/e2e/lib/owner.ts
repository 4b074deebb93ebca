import { expect, type Locator, type Page } from '@playwright/test'
import type { Phone } from './phone'
import { readQr } from './qr'

export type Account = { business: string; email: string; password: string }

/** An owner at the dashboard: does what people do, by what they see and hear. */
export class Owner {
  constructor(
    readonly page: Page,
    readonly account: Account,
  ) {}

  /** The connection card. */
  get card(): Locator {
    return this.page.getByRole('region', { name: 'WhatsApp', exact: true })
  }

  /** What the card says. */
  get line(): Locator {
    return this.card.getByRole('status').first()
  }

  async signUp(): Promise<void> {
    const { page, account } = this
    await page.goto('/sign-up')
    await page.getByLabel('Business name').fill(account.business)
    await page.getByLabel('E-mail').fill(account.email)
    await page.getByLabel('Password', { exact: true }).fill(account.password)
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByRole('heading', { name: 'Link your WhatsApp' })).toBeVisible()
  }

  /** skipSetup walks through what is left of the wizard without writing anything. */
  async skipSetup(): Promise<void> {
    const { page } = this
    await page.getByRole('button', { name: /^(Do this later|Continue)$/ }).click()
    await page.getByRole('button', { name: 'Skip for now' }).click()
    await page.getByRole('button', { name: 'Go to my dashboard' }).click()
    await expect(page.getByRole('heading', { name: this.account.business, level: 1 })).toBeVisible()
  }

  /** showQr asks for a QR code and returns its picture. */
  async showQr(): Promise<Locator> {
    await this.card.getByRole('button', { name: 'Connect WhatsApp' }).click()
    const tab = this.card.getByRole('tab', { name: 'Scan QR' })
    await expect(tab).toBeVisible()
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click() // on a phone, codes come first
    const picture = this.card.getByRole('img', { name: 'QR code to link WhatsApp' })
    await expect(picture).toBeVisible()
    return picture
  }

  async linkByQr(phone: Phone): Promise<void> {
    await phone.scan(await readQr(await this.showQr()))
    await expect(this.line).toContainText('Connected ✅')
    await expect(this.line).toContainText(phone.shown)
  }

  /** open goes to a page through the navigation. */
  async open(name: 'Home' | 'Inbox' | 'FAQs' | 'WhatsApp' | 'Stats' | 'History' | 'Settings'): Promise<void> {
    const main = this.page.getByRole('navigation', { name: 'Main' }).filter({ visible: true })
    const link = main.getByRole('link', { name: new RegExp(`^(\\d+ waiting ?)?${name}`) })
    if (await link.count()) await link.click()
    else {
      await main.getByRole('link', { name: 'More' }).click()
      await this.page.getByRole('main').getByRole('link', { name }).click()
    }
    await expect(this.page).toHaveTitle(new RegExp(`^(\\(\\d+\\) )?${name} · Switchboard$`))
  }

  async addFaq(question: string, answer: string, others: string[] = []): Promise<void> {
    const { page } = this
    await this.open('FAQs')
    await page.getByRole('button', { name: 'New FAQ' }).click()
    await page.getByLabel('Question', { exact: true }).fill(question)
    for (const other of others) {
      await page.getByLabel('Another wording').fill(other)
      await page.getByRole('button', { name: 'Add wording' }).click()
    }
    await page.getByLabel('Answer', { exact: true }).fill(answer)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(page.getByRole('heading', { name: question, level: 1 })).toBeVisible()
  }
}
