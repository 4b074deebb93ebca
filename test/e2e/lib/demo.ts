import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const binary = join(import.meta.dirname, '../../../bin/switchboard')

/** How long a first start may take: a database cluster is made. */
const startWithin = 60_000
const stopWithin = 20_000

/** The whole product with its simulated phones, on addresses and a data folder of its own. */
export class Demo {
  private process?: ChildProcess
  private printed = ''

  private constructor(
    readonly url: string,
    readonly phonesUrl: string,
    private readonly folder: string,
  ) {}

  /** create makes an installation; nothing runs yet. */
  static async create(): Promise<Demo> {
    const [port, phonesPort] = await freePorts(2)
    const folder = await mkdtemp(join(tmpdir(), 'switchboard-e2e-'))
    await chmod(folder, 0o711) // the database's user passes through
    return new Demo(`http://127.0.0.1:${port}`, `http://127.0.0.1:${phonesPort}`, folder)
  }

  /** What the program has printed so far. */
  get output(): string {
    return this.printed
  }

  /** start runs the program and waits until it can serve. */
  async start(): Promise<void> {
    const env = {
      ...neutral(process.env),
      SWITCHBOARD_ADDR: new URL(this.url).host,
      SWITCHBOARD_SANDBOX_ADDR: new URL(this.phonesUrl).host,
      SWITCHBOARD_METRICS_ADDR: 'off',
      SWITCHBOARD_DATA: this.folder,
    }
    const child = spawn(binary, ['demo'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.process = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        this.printed += text
      })
    }
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    await this.ready()
  }

  private async ready(): Promise<void> {
    const until = Date.now() + startWithin
    while (Date.now() < until && this.process?.exitCode === null) {
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined)
      if (answer?.ok) return
      await pause(50)
    }
    throw new Error(`the program did not become ready:\n${this.printed}`)
  }

  /** kill ends the program at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** dispose ends the program in order and removes its data. */
  async dispose(): Promise<void> {
    const timer = setTimeout(() => this.process?.kill('SIGKILL'), stopWithin)
    await this.end('SIGTERM')
    clearTimeout(timer)
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

/** neutral leaves out what configures the program: a test must never meet the database of who runs it. */
function neutral(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const configures = (name: string) => name === 'DATABASE_URL' || name.startsWith('SWITCHBOARD_')
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !configures(name)))
}

/** freePorts returns ports nobody listens on. A program that is started again comes back to its own. */
async function freePorts(n: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: n }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
