// Fails when a page would load more than its budget: kB after gzip, everything it needs before it shows something.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const kB = 1000
const start = 'index.html'
const budgets = [
  { page: 'sign in, sign up', entries: [start, 'src/door.tsx'], limit: 120 * kB },
  { page: 'onboarding', entries: [start, 'src/door.tsx', 'src/pages/welcome/LinkStep.tsx'], limit: 120 * kB },
  {
    page: 'home',
    entries: [start, 'src/house.tsx', 'src/components/Shell.tsx', 'src/pages/HomePage.tsx'],
    limit: 150 * kB,
  },
]
const routeLimit = 50 * kB
const cssLimit = 15 * kB

const manifest = JSON.parse(readFileSync('dist/manifest.json', 'utf8'))
const sizes = new Map()

function size(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join('dist', file)), { level: 9 }).length)
  return sizes.get(file)
}

/** Every file an entry needs, its static imports and style sheets included. */
function filesOf(entry, found = new Set()) {
  const chunk = manifest[entry]
  if (!chunk) throw new Error(`no ${entry} in the manifest`)
  if (found.has(chunk.file)) return found
  found.add(chunk.file)
  for (const css of chunk.css ?? []) found.add(css)
  for (const imported of chunk.imports ?? []) filesOf(imported, found)
  return found
}

const sum = files => [...files].reduce((total, file) => total + size(file), 0)
const failures = []

function report(name, bytes, limit) {
  const line = `${name.padEnd(40)} ${(bytes / kB).toFixed(1).padStart(7)} of ${limit / kB} kB`
  process.stdout.write(`${line}\n`)
  if (bytes > limit) failures.push(line)
}

for (const { page, entries, limit } of budgets) {
  const files = new Set(['index.html', 'theme.js'])
  for (const entry of entries) filesOf(entry, files)
  report(page, sum(files), limit)
}

const first = new Set([start, 'src/house.tsx', 'src/components/Shell.tsx'].flatMap(entry => [...filesOf(entry)]))
for (const [entry, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || !/^src\/(pages|components)\//.test(entry)) continue
  report(entry.replace('src/', ''), sum([...filesOf(entry)].filter(file => !first.has(file))), routeLimit)
}

const css = new Set(Object.values(manifest).flatMap(chunk => chunk.css ?? []))
report('css', sum(css), cssLimit)

if (!existsSync('dist/stub.html')) failures.push('the committed stub is gone')
if (failures.length > 0) {
  process.stderr.write(`over budget:\n${failures.join('\n')}\n`)
  process.exit(1)
}
