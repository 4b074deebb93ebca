import { expect, type Locator } from '@playwright/test'
import jsQR from 'jsqr'
import { PNG } from 'pngjs'

/** readQr reads a QR code as a camera does: from the pixels on the screen, never from an attribute. */
export async function readQr(picture: Locator): Promise<string> {
  await expect(picture).toBeVisible()
  let code = ''
  await expect(async () => {
    const { width, height, data } = PNG.sync.read(await picture.screenshot())
    code = jsQR(new Uint8ClampedArray(data), width, height)?.data ?? ''
    expect(code, 'what the picture says').not.toBe('')
  }).toPass()
  return code
}
