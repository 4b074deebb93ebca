import { t } from '../text/messages.en'
import type { ProblemBody } from './types'

/** What the server (or the network) refused, with a sentence that can be shown to a person. */
export class ApiProblem extends Error {
  override name = 'ApiProblem'
  /** HTTP status; 0 when the server was not reached. */
  readonly status: number
  /** Stable, for programs. */
  readonly code: string | undefined
  /** What to quote to support. */
  readonly requestId: string | undefined
  /** One sentence per form field. */
  readonly fields: Record<string, string>

  constructor(status: number, body?: Partial<ProblemBody>) {
    super(body?.detail || t.problem.byStatus(status))
    this.status = status
    this.code = body?.code
    this.requestId = body?.requestId
    this.fields = Object.fromEntries((body?.errors ?? []).map(e => [e.field, e.message]))
  }
}

/** isSignedOut tells whether the error means that nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401
}
