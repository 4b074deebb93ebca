import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from '@playwright/test'

type Use = Partial<PlaywrightTestOptions & PlaywrightWorkerOptions>

/** The machine's own Chromium, named in CHROMIUM; nothing is downloaded, and it calls nobody. */
export const browser: Use = {
  browserName: 'chromium',
  colorScheme: 'light',
  locale: 'en-GB',
  timezoneId: 'Africa/Lagos',
  contextOptions: { reducedMotion: 'reduce' },
  actionTimeout: 10_000,
  navigationTimeout: 15_000,
  launchOptions: {
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
}

export const desktop: Use = { viewport: { width: 1280, height: 800 } }
export const phone: Use = {
  viewport: { width: 360, height: 740 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
}
