import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { desktop, phone } from '../lib/browser'
import { expect, test } from '../lib/fixtures'
import { Owner } from '../lib/owner'
import { Phone } from '../lib/phone'
import { readQr } from '../lib/qr'

const folder = join(import.meta.dirname, '../../../docs/screens')

/** shoot takes a picture once nothing on the page is loading. */
async function shoot(page: Page, name: string): Promise<void> {
  await expect(page.getByText('Loading…')).toHaveCount(0)
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' })
}

const faqs = [
  {
    question: 'How much is delivery?',
    answer: 'Delivery is *₦1,500* within Lagos and ₦3,500 to other states. Same day if you order before 1 pm.',
    ways: ['dlvry price', 'una dey deliver', 'how much to send am to Ikeja'],
  },
  {
    question: 'When do you open?',
    answer: 'We are open 8:00 to 19:00, Monday to Saturday.',
    ways: ['una dey open today', 'opening hours'],
  },
  {
    question: 'How can I pay?',
    answer: 'Transfer, card or cash on delivery.',
    ways: ['account number', 'do you take cards'],
  },
]

test.use(desktop)

test('pictures', async ({ page, browser, demo, baseURL }) => {
  const shop = await Phone.create(demo.phonesUrl, '2348030000001', 'Ada’s Kitchen', 'owner')
  const people = await Promise.all(
    ['Chidi', 'Ngozi', 'Tunde', 'Amina'].map((name, n) =>
      Phone.create(demo.phonesUrl, `234805000000${n + 1}`, name, 'customer'),
    ),
  )
  const [chidi, ngozi, tunde, amina] = people
  const owner = new Owner(page, {
    business: 'Ada’s Kitchen',
    email: 'ada@example.com',
    password: 'correct horse battery',
  })
  await owner.signUp()
  await owner.skipSetup()

  const small = await browser.newContext({
    ...phone,
    baseURL,
    locale: 'en-GB',
    timezoneId: 'Africa/Lagos',
    storageState: await page.context().storageState(),
  })
  const onPhone = await small.newPage()
  await onPhone.goto('/whatsapp')
  const picture = await new Owner(onPhone, owner.account).showQr()
  await shoot(onPhone, 'phone-qr')
  await shop.scan(await readQr(picture))
  await small.close()
  await expect(owner.line).toContainText('Connected ✅')

  for (const { question, answer, ways } of faqs) await owner.addFaq(question, answer, ways)
  await owner.open('FAQs')
  await page.getByRole('link', { name: /^How much is delivery/ }).click()
  await page.getByLabel('Write as a customer would').fill('how much una dey charge for dlvry')
  await page.getByRole('button', { name: 'Try', exact: true }).click()
  await expect(page.getByText('Would answer')).toBeVisible()
  await shoot(page, 'faq-editor')

  await chidi.ask(shop, 'Good morning, how much is delivery to Yaba?')
  await ngozi.ask(shop, 'opening hours pls')
  await tunde.ask(shop, 'do you take cards')
  await chidi.ask(shop, 'Thank you! And how can I pay?')
  await amina.ask(shop, 'Can you cater for a wedding of 300 people in Abuja?')
  await amina.ask(shop, '0')

  await owner.open('Home')
  await expect(page.getByRole('link', { name: /Amina/ })).toBeVisible()
  await shoot(page, 'home')

  await owner.open('Inbox')
  await page.getByRole('link', { name: /Chidi/ }).click()
  await page.getByRole('region', { name: 'Messages' }).getByText('why?').first().click()
  await shoot(page, 'conversation')

  await page.goto(`${demo.phonesUrl}/sandbox`)
  await page.getByText('Chidi').filter({ visible: true }).first().click()
  await shoot(page, 'sandbox')
})
