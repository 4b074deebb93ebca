import { expectAccessible } from '../lib/accessible'
import { expect, test } from '../lib/fixtures'

test('an owner links a number by typing a code on the phone', async ({ owner, page, shopPhone }) => {
  await owner.signUp()
  await owner.card.getByRole('button', { name: 'Connect WhatsApp' }).click()
  const tab = owner.card.getByRole('tab', { name: 'With a code' })
  await expect(tab).toBeVisible()
  if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click()

  const number = owner.card.getByLabel('Your WhatsApp number')
  await number.fill('080')
  await owner.card.getByRole('button', { name: 'Get my code' }).click()
  await expect(
    owner.card.getByText('Write the full number with its country code, such as +234 803 000 0001.'),
  ).toBeVisible()

  await number.fill(shopPhone.shown)
  await owner.card.getByRole('button', { name: 'Get my code' }).click()
  const code = owner.card.getByLabel('Code to type on your phone')
  await expect(code).toHaveText(/^\w{4}.?\w{4}$/)
  await expectAccessible(page, 'the pairing code')
  await shopPhone.enterCode((await code.textContent()) ?? '')
  await expect(owner.line).toContainText('Connected ✅')
  await expect(owner.line).toContainText(shopPhone.shown)
})
