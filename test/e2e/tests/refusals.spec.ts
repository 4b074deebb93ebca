import { expectAccessible } from '../lib/accessible'
import { expect, test } from '../lib/fixtures'
import { Owner } from '../lib/owner'
import { behave } from '../lib/phone'
import { readQr } from '../lib/qr'

const sentence = /^[A-ZÀ-Þ“].*[.!?]( \(code .*\))?$/s

test('a form says in sentences what is missing', async ({ owner, page }) => {
  await page.goto('/sign-up')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByText('Write the name of your business.')).toBeVisible()
  await expect(page.getByText('Write your e-mail address, such as ada@example.com.')).toBeVisible()
  await expect(page.getByText('Choose a password of at least 8 characters.')).toBeVisible()
  await expectAccessible(page, 'sign-up with mistakes')

  await owner.signUp()
  await owner.skipSetup()
  await owner.open('FAQs')
  await page.getByRole('button', { name: 'New FAQ' }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('Write the question.')).toBeVisible()
  await expect(page.getByText('Write the answer.')).toBeVisible()
})

test('an account that exists and a wrong password are refused with a sentence', async ({
  owner,
  page,
  browser,
  baseURL,
}) => {
  await owner.signUp()
  const context = await browser.newContext({ baseURL })
  const stranger = await context.newPage()
  await stranger.goto('/sign-up')
  await stranger.getByLabel('Business name').fill('Another')
  await stranger.getByLabel('E-mail').fill(owner.account.email)
  await stranger.getByLabel('Password', { exact: true }).fill('a password of mine')
  await stranger.getByRole('button', { name: 'Create account' }).click()
  await expect(stranger.getByText(/already/)).toHaveText(sentence)

  await stranger.goto('/sign-in')
  await stranger.getByLabel('E-mail').fill(owner.account.email)
  await stranger.getByLabel('Password', { exact: true }).fill('not the password')
  await stranger.getByRole('button', { name: 'Sign in' }).click()
  await expect(stranger.getByRole('alert')).toHaveText(sentence)
  await expect(stranger.getByRole('alert')).not.toContainText('went wrong')
  await context.close()
  await expect(page.getByRole('heading', { name: 'Link your WhatsApp' })).toBeVisible()
})

test('an ended session leads to the door and back', async ({ owner, page, context }) => {
  await owner.signUp()
  await context.clearCookies()
  await page.goto('/faqs')
  await expect(page.getByText('You were signed out. Sign in to continue; your draft is safe.')).toBeVisible()
  await page.getByLabel('E-mail').fill(owner.account.email)
  await page.getByLabel('Password', { exact: true }).fill(owner.account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'FAQs (0)' })).toBeVisible()
})

test('a network that is gone is said to be gone, and what was written stays', async ({ owner, page, context }) => {
  await owner.signUp()
  await owner.skipSetup()
  await owner.open('FAQs')
  await page.getByRole('button', { name: 'New FAQ' }).click()
  await page.getByLabel('Question', { exact: true }).fill('Do you take cards?')
  await page.getByLabel('Answer', { exact: true }).fill('Yes, every card.')
  await context.setOffline(true)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('We could not reach the server. Check your network; nothing was lost.')).toBeVisible()
  await context.setOffline(false)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Do you take cards?' })).toBeVisible()
})

test('codes that nobody scans expire with a sentence, and there is a next one', async ({ owner, demo, shopPhone }) => {
  await behave(demo.phonesUrl, { qrCodes: 1, qrFirst: 2_000 })
  try {
    await owner.signUp()
    await owner.showQr()
    await expect(owner.line).toContainText('That code expired')
    await expect(owner.line).toContainText('Nothing went wrong')
  } finally {
    await behave(demo.phonesUrl, { qrCodes: 6, qrFirst: 60_000 })
  }
  await owner.card.getByRole('button', { name: 'Get a new code' }).click()
  await expect(owner.card.getByRole('img', { name: 'QR code to link WhatsApp' })).toBeVisible()
  await expect(async () => {
    const picture = owner.card.getByRole('img', { name: 'QR code to link WhatsApp' })
    await shopPhone.scan(await readQr(picture))
  }).toPass()
  await expect(owner.line).toContainText('Connected ✅')
})

test('a number that another business linked stays theirs', async ({ owner, page, browser, baseURL, shopPhone }) => {
  await owner.signUp()
  await owner.linkByQr(shopPhone)
  const context = await browser.newContext({ baseURL })
  const other = new Owner(await context.newPage(), {
    ...owner.account,
    business: 'Bola’s',
    email: `bola.${owner.account.email}`,
  })
  await other.signUp()
  const code = await readQr(await other.showQr())
  await expect(shopPhone.scan(code)).rejects.toThrow('The device refused')
  await expect(other.line).toContainText('This number belongs to another workspace.')
  await context.close()
  await page.reload()
  await expect(owner.line).toContainText('Connected ✅')
})
