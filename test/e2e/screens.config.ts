import { defineConfig } from '@playwright/test'
import { browser } from './lib/browser'

/** Takes the pictures of the README: npm run screens. Not a test. */
export default defineConfig({
  testDir: './screens',
  testMatch: '*.ts',
  outputDir: './results',
  reporter: 'list',
  workers: 1,
  timeout: 90_000,
  use: browser,
})
