import { expectAccessible } from '../lib/accessible'
import { expect, test } from '../lib/fixtures'

/** Every page as a new business finds it, with nothing in it yet, and the ones nobody should end up on. */
test('every page is good before anything has happened', async ({ owner, page }) => {
  test.slow() // many pages, each looked at twice
  await page.goto('/sign-in')
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await expectAccessible(page, 'sign-in')
  await owner.signUp()
  await owner.skipSetup()
  const pages: [path: string, title: RegExp][] = [
    ['/', /Home/],
    ['/whatsapp', /WhatsApp/],
    ['/inbox', /Inbox/],
    ['/inbox?filter=all', /Inbox/],
    ['/faqs', /FAQs/],
    ['/faqs/new', /New FAQ|FAQs/],
    ['/stats', /Stats/],
    ['/stats?days=30', /Stats/],
    ['/history', /History/],
    ['/settings', /Settings/],
    ['/more', /More/],
    ['/alerts', /./],
    ['/missed', /./],
    ['/team', /./],
    ['/admin', /./],
    ['/inbox/00000000-0000-7000-8000-000000000000', /./],
    ['/faqs/00000000-0000-7000-8000-000000000000', /./],
    ['/no-such-page', /./],
  ]
  for (const [path, title] of pages) {
    await test.step(path, async () => {
      await page.goto(path)
      await expect(page).toHaveTitle(title)
      await expect(page.getByRole('main')).toBeVisible()
      await expect(page.getByText('Loading…')).toHaveCount(0)
      await expectAccessible(page, `empty ${path.replaceAll(/\W+/g, '-')}`)
    })
  }
})
