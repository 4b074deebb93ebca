import { expect, test } from '../lib/fixtures'

test('an owner orders the bot about from their own phone', async ({ owner, page, shopPhone, customer }) => {
  await owner.signUp()
  await owner.linkByQr(shopPhone)
  await owner.skipSetup()
  await owner.addFaq('Do you deliver?', 'Yes, everywhere in Lagos.')
  await owner.open('WhatsApp')

  await test.step('!status tells how things are', async () => {
    const { received } = await shopPhone.ask(shopPhone, '!status')
    expect(received.text).toContain(`🟢 Live on ${shopPhone.shown}`)
    expect(received.text).toContain('Today:')
  })

  await test.step('!pause keeps the bot quiet', async () => {
    const { received } = await shopPhone.ask(shopPhone, '!pause 1h')
    expect(received.text).toContain('⏸ Bot paused until')
    await expect(owner.line).toContainText('Connected, bot paused until')
    await customer.write(shopPhone, 'Do you deliver?')
    await owner.open('Inbox')
    await expect(page.getByRole('link', { name: /Chidi/ })).toContainText('Do you deliver?')
  })

  await test.step('!resume lets it answer again, but not what came in the meantime', async () => {
    const { received } = await shopPhone.ask(shopPhone, '!resume')
    expect(received.text).toContain('▶️ Bot is live.')
    await owner.open('WhatsApp')
    await expect(owner.line).toContainText('Connected ✅')
    const answer = await customer.ask(shopPhone, 'Hello, do you deliver to Ikeja?')
    expect(answer.received.text).toContain('Yes, everywhere in Lagos.')
    expect(await customer.received(shopPhone)).toHaveLength(1)
  })

  await test.step('a word it does not know is met with help', async () => {
    const { received } = await shopPhone.ask(shopPhone, '!puase')
    expect(received.text).toContain('Did you mean *!pause*?')
  })
})
