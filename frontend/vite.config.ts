/// <reference types="vitest/config" />
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { cleanDist } from './dev/clean-dist.ts'
import { mockServer } from './dev/mock-server.ts'

/** The server to develop against; `npm run dev:mock` needs none. */
const server = 'http://127.0.0.1:8080'

export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss(), cleanDist(), mode === 'mock' && mockServer()],
  server: { host: '127.0.0.1', proxy: mode === 'mock' ? undefined : { '/api': { target: server } } },
  // The headers the server sends, so that `vite preview` shows the page under the same rules.
  preview: {
    host: '127.0.0.1',
    headers: { 'Content-Security-Policy': "default-src 'self'; img-src 'self' data: blob:" },
  },
  build: {
    // dist holds a committed stub, so cleanDist empties it, and not vite.
    emptyOutDir: false,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
  },
  test: {
    environment: 'happy-dom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    testTimeout: 20_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
}))
