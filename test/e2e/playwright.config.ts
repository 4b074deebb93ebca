import { defineConfig } from '@playwright/test'
import { browser, desktop, phone } from './lib/browser'

/** One browser, one worker: the machine is also the server, the database and the phones. */
export default defineConfig({
  testDir: './tests',
  outputDir: './results',
  reporter: process.env.CI ? [['list'], ['html', { outputFolder: './report', open: 'never' }]] : 'list',
  workers: 1,
  forbidOnly: !!process.env.CI,
  retries: process.env.CI || process.env.SWITCHBOARD_RETRY ? 1 : 0, // a second try is reported as flaky
  timeout: 180_000, // two shared cores, and each page is looked at twice
  expect: { timeout: 10_000 },
  use: { ...browser, trace: { mode: 'retain-on-failure', screenshots: false }, screenshot: 'only-on-failure' },
  projects: [
    { name: 'desktop', use: desktop },
    { name: 'phone', use: phone, testMatch: /story|pairing|pages|erase/ },
  ],
})
