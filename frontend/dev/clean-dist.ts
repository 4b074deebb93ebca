import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Empties dist before a build, but for the committed stub, so that a build leaves the work tree clean. */
export function cleanDist(): Plugin {
  return {
    name: 'clean-dist',
    apply: 'build',
    buildStart() {
      for (const name of readdirSync('dist')) {
        if (name !== 'stub.html') rmSync(join('dist', name), { recursive: true })
      }
    },
  }
}
