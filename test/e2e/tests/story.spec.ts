import { expectAccessible } from '../lib/accessible'
import { expect, test } from '../lib/fixtures'
import { readQr } from '../lib/qr'

const delivery = { question: 'How much is delivery?', answer: 'Delivery is ₦1,500 within Lagos.' }
const hours = {
  question: 'When do you open?',
  answer: 'We open at 8:00, Monday to Saturday.',
  ways: ['una dey open today', 'opening hours'],
}

test('an owner links a number by its picture, and a customer is answered within two seconds', async ({
  owner,
  page,
  shopPhone,
  customer,
}) => {
  await test.step('signs up', async () => {
    await page.goto('/sign-up')
    await expectAccessible(page, 'sign-up')
    await owner.signUp()
  })

  await test.step('links the number by scanning what is on the screen', async () => {
    await expectAccessible(page, 'before linking')
    const picture = await owner.showQr()
    await expectAccessible(page, 'the QR code')
    await shopPhone.scan(await readQr(picture))
    await expect(owner.line).toContainText('Connected ✅')
    await expect(owner.line).toContainText(shopPhone.shown)
    await expect(picture).toBeHidden()
    await expectAccessible(page, 'linked')
  })

  await test.step('writes the first answer', async () => {
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Add your own' }).click()
    await page.getByLabel('Question').fill(delivery.question)
    await page.getByLabel('Answer').fill(delivery.answer)
    await expectAccessible(page, 'first answers')
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'Continue with 1 answer' }).click()
    await expect(page.getByText('Waiting for the first message…')).toBeVisible()
  })

  await test.step('a customer asks and is answered', async () => {
    const { received, tookMs } = await customer.ask(shopPhone, 'Good afternoon, how much is delivery to Yaba?')
    expect(received.text).toContain(delivery.answer)
    expect(received.copies).toBe(1)
    expect(tookMs).toBeLessThanOrEqual(2_000)
    await expect(page.getByText(/Message arrived .* answered .*✅/)).toBeVisible()
    await expectAccessible(page, 'the live test')
    await page.getByRole('button', { name: 'Go to my dashboard' }).click()
    await expect(page.getByRole('heading', { name: owner.account.business })).toBeVisible()
    await expectAccessible(page, 'home')
  })

  await test.step('teaches the bot more, and tries it', async () => {
    await owner.addFaq(hours.question, hours.answer, hours.ways)
    await page.getByLabel('Write as a customer would').fill('abeg when una dey open')
    await page.getByRole('button', { name: 'Try', exact: true }).click()
    await expect(page.getByText('Would answer')).toBeVisible()
    await expect(page.getByText(hours.answer).last()).toBeVisible()
    await expectAccessible(page, 'an FAQ')
    await owner.open('FAQs')
    await expect(page.getByRole('heading', { name: 'FAQs (2)' })).toBeVisible()
    await expectAccessible(page, 'all FAQs')
  })

  await test.step('asked by the hidden id too', async () => {
    const { received, tookMs } = await customer.ask(shopPhone, 'When do you open?', 'lid')
    expect(received.text).toContain(hours.answer)
    expect(tookMs).toBeLessThanOrEqual(2_000)
  })

  await test.step('reads the conversation', async () => {
    await owner.open('Inbox')
    const chats = page.getByRole('main').getByRole('listitem')
    await expect(chats).toHaveCount(1) // one person, however addressed
    await expectAccessible(page, 'the inbox')
    await chats.getByRole('link', { name: /Chidi/ }).click()
    const thread = page.getByRole('region', { name: 'Messages' })
    await expect(thread.getByText('how much is delivery to Yaba?')).toBeVisible()
    await expect(thread.getByText(delivery.answer)).toBeVisible()
    await expect(thread.getByText(hours.answer)).toBeVisible()
    await expect(thread.getByText('delivered', { exact: true })).toHaveCount(2)
    await thread.getByText('why?').first().click()
    await expect(thread.getByText(`It found an answer: “${delivery.question}”`)).toBeVisible()
    await expectAccessible(page, 'the conversation')
  })

  await test.step('sees the day and its history', async () => {
    await owner.open('Stats')
    await expectAccessible(page, 'stats')
    await owner.open('History')
    await expectAccessible(page, 'history')
    await owner.open('Settings')
    await expectAccessible(page, 'settings')
  })

  await test.step('is told when the phone lets go', async () => {
    await owner.open('WhatsApp')
    await expect(owner.line).toContainText('Connected ✅')
    await shopPhone.unlink()
    await expect(owner.line).toContainText('Your phone unlinked us')
    await expect(owner.card.getByRole('button', { name: 'Link again' })).toBeVisible()
    await expectAccessible(page, 'unlinked')
  })
})
