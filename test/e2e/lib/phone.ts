import { expect } from '@playwright/test'

/** A message as the phone that sent or decrypted it recorded it. */
export type Message = {
  id: string
  direction: 'in' | 'out'
  peer: string
  text: string
  at: string
  status: string
  /** How often this id arrived. */
  copies: number
  decryptedAt?: string
}

type Answer = { received: Message; tookMs: number }

/** A simulated handset, moved by the sandbox's control API as a person moves a real one. */
export class Phone {
  private constructor(
    private readonly api: string,
    readonly number: string,
  ) {}

  /** create makes a phone. */
  static async create(phonesUrl: string, number: string, name: string, kind: 'owner' | 'customer'): Promise<Phone> {
    const api = `${phonesUrl}/sandbox/api`
    await call('POST', `${api}/phones`, { phone: number, name, kind })
    return new Phone(api, number)
  }

  /** As people write it: +234 803 000 0001. */
  get shown(): string {
    return `+${this.number.replace(/^(\d{3})(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3 $4')}`
  }

  async scan(code: string): Promise<void> {
    await this.post('scan', { code })
  }

  async enterCode(code: string): Promise<void> {
    await this.post('enter-code', { code })
  }

  async unlink(): Promise<void> {
    await this.post('unlink', {})
  }

  async write(to: Phone, text: string, address: 'phone' | 'lid' = 'phone'): Promise<Message> {
    return (await this.post('messages', { to: to.number, text, address })) as Message
  }

  async messages(): Promise<Message[]> {
    return (await call('GET', `${this.api}/phones/${this.number}/messages`)) as Message[]
  }

  /** The answers this phone got from another, in order. */
  async received(from: Phone): Promise<Message[]> {
    const all = await this.messages()
    return all.filter(one => one.direction === 'in' && one.peer === from.number)
  }

  /** ask writes and waits for the next answer; the time between the two is the sandbox's own. */
  async ask(business: Phone, text: string, address?: 'phone' | 'lid'): Promise<Answer> {
    const before = (await this.received(business)).length
    const sent = await this.write(business, text, address)
    await expect.poll(async () => (await this.received(business)).length).toBeGreaterThan(before)
    const received = (await this.received(business))[before]
    return { received, tookMs: Date.parse(received.decryptedAt ?? received.at) - Date.parse(sent.at) }
  }

  private post(what: string, body: unknown): Promise<unknown> {
    return call('POST', `${this.api}/phones/${this.number}/${what}`, body)
  }
}

async function call(method: string, url: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname}: ${answer.status} ${text}`)
  return JSON.parse(text)
}

/** behave changes how the sandbox behaves, for everybody on it. */
export async function behave(phonesUrl: string, changes: Record<string, number | boolean>): Promise<void> {
  await call('PATCH', `${phonesUrl}/sandbox/api/behaviour`, changes)
}
