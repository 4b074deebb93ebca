import { Demo } from '../lib/demo'
import { test as base, expect } from '../lib/fixtures'

/** An installation that only this test uses, because it is killed. */
const test = base.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's pattern
  demo: async ({}, use, info) => {
    const demo = await Demo.create()
    try {
      await demo.start()
      await use(demo)
    } finally {
      if (info.status !== info.expectedStatus) {
        await info.attach('what the program printed', { body: demo.output, contentType: 'text/plain' })
      }
      await demo.dispose()
    }
  },
})

test('a program killed in the middle of a conversation goes on with it', async ({
  demo,
  owner,
  page,
  shopPhone,
  customer,
}) => {
  test.setTimeout(120_000)
  await owner.signUp()
  await owner.linkByQr(shopPhone)
  await owner.skipSetup()
  await owner.addFaq('How much is delivery?', 'Delivery is ₦1,500.')
  await owner.addFaq('When do you open?', 'We open at 8:00.')
  await owner.addFaq('Do you take cards?', 'Yes, every card.')
  expect((await customer.ask(shopPhone, 'How much is delivery?')).received.text).toContain('₦1,500')
  await owner.open('Home')

  await customer.write(shopPhone, 'And when do you open?')
  await demo.kill()
  await demo.start()

  await expect(owner.line).toContainText('Connected ✅', { timeout: 30_000 }) // without a reload, and without a new code
  await expect.poll(async () => (await customer.received(shopPhone)).length, { timeout: 30_000 }).toBe(2)
  expect((await customer.ask(shopPhone, 'Do you take cards?')).received.text).toContain('every card')

  const answers = await customer.received(shopPhone)
  expect(answers.map(one => one.text.split('\n').at(-1))).toEqual([
    'Delivery is ₦1,500.',
    'We open at 8:00.',
    'Yes, every card.',
  ])
  await owner.open('Inbox')
  await page.getByRole('link', { name: /Chidi/ }).click()
  const thread = page.getByRole('region', { name: 'Messages' })
  for (const asked of ['How much is delivery?', 'And when do you open?', 'Do you take cards?']) {
    await expect(thread.getByText(asked, { exact: true })).toHaveCount(1)
  }
  await expect(thread.getByText('delivered', { exact: true })).toHaveCount(3)
})
