import { test as base, expect } from '@playwright/test'
import { Demo } from './demo'
import { type Account, Owner } from './owner'
import { Phone } from './phone'

type PerWorker = { sharedDemo: Demo }
type PerTest = {
  /** The installation the test runs on; several tests share it, each with a business of its own. */
  demo: Demo
  /** Somebody who is not signed up yet. */
  owner: Owner
  /** The phone with the business's number. */
  shopPhone: Phone
  /** A customer's phone. */
  customer: Phone
}

/** Numbers nobody else has: a test tried again meets its own past otherwise. */
let issued = 0
const unique = (worker: number) => `${String(worker).padStart(2, '0')}${String(++issued).padStart(4, '0')}`

export const test = base.extend<PerTest, PerWorker>({
  sharedDemo: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's pattern
    async ({}, use) => {
      const demo = await Demo.create()
      try {
        await demo.start()
        await use(demo)
      } finally {
        await demo.dispose()
      }
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  demo: async ({ sharedDemo }, use, info) => {
    const before = sharedDemo.output.length
    await use(sharedDemo)
    if (info.status !== info.expectedStatus) {
      await info.attach('what the program printed', {
        body: sharedDemo.output.slice(before),
        contentType: 'text/plain',
      })
    }
  },
  baseURL: async ({ demo }, use) => use(demo.url),
  owner: async ({ page }, use, info) => {
    const mark = unique(info.workerIndex)
    const account: Account = {
      business: `Ada’s Kitchen ${mark}`,
      email: `ada.${mark}@example.com`,
      password: 'correct horse battery',
    }
    await use(new Owner(page, account))
  },
  shopPhone: async ({ demo }, use, info) =>
    use(await Phone.create(demo.phonesUrl, `2348031${unique(info.workerIndex)}`, 'Ada’s Kitchen', 'owner')),
  customer: async ({ demo }, use, info) =>
    use(await Phone.create(demo.phonesUrl, `2348055${unique(info.workerIndex)}`, 'Chidi', 'customer')),
})

export { expect }
