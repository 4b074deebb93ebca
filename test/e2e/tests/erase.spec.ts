import { expectAccessible } from '../lib/accessible'
import { expect, test } from '../lib/fixtures'

test('an owner erases a customer, who is somebody new when they write again', async ({
  owner,
  page,
  shopPhone,
  customer,
}) => {
  await owner.signUp()
  await owner.linkByQr(shopPhone)
  await owner.skipSetup()
  await customer.ask(shopPhone, 'do you carry marmalade wigs?')
  await owner.open('Inbox')
  await page.getByRole('link', { name: 'All' }).or(page.getByRole('tab', { name: 'All' })).first().click()
  await page
    .getByRole('main')
    .getByRole('listitem')
    .getByRole('link', { name: /Chidi/ })
    .click()
  const thread = page.getByRole('region', { name: 'Messages' })
  await expect(thread.getByText('do you carry marmalade wigs?')).toBeVisible()
  const chat = page.url()

  await test.step('is told what goes and stays, and types the password', async () => {
    await page.getByLabel('More about this chat').click()
    await page.getByRole('button', { name: 'Erase this customer…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Erase Chidi?' })
    await expect(dialog.getByText('This cannot be undone')).toBeVisible()
    await expectAccessible(page, 'erasing a customer')
    await dialog.getByLabel('Password', { exact: true }).fill('wrong horse')
    await dialog.getByRole('button', { name: 'Erase for good' }).click()
    await expect(dialog.getByText('This is not your password.')).toBeVisible()
    await dialog.getByLabel('Password', { exact: true }).fill(owner.account.password)
    await dialog.getByRole('button', { name: 'Erase for good' }).click()
    await expect(dialog).toBeHidden()
  })

  await test.step('is back at the inbox, without them', async () => {
    await expect(page).toHaveURL(/\/inbox(\?.*)?$/)
    await expect(page.getByText('Chidi')).toHaveCount(0)
    await expectAccessible(page, 'the inbox after it')
  })

  await test.step('an old link says so', async () => {
    await page.goto(chat)
    await expect(page.getByText('This customer was erased.')).toBeVisible()
    await expect(page.getByText('marmalade')).toHaveCount(0)
    await expectAccessible(page, 'the chat of an erased customer')
    await page.getByRole('link', { name: 'To the inbox' }).click()
  })

  await test.step('who writes again is somebody new', async () => {
    await customer.ask(shopPhone, 'hello again')
    await page.getByRole('main').getByRole('listitem').getByRole('link', { name: /Chidi/ }).click()
    await expect(thread.getByText('hello again')).toBeVisible()
    await expect(page.getByText('marmalade')).toHaveCount(0)
    expect(page.url()).not.toBe(chat)
  })
})
