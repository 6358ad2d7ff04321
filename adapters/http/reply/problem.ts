import { type Issue, type Issues, sentenceOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { HttpError } from './http-error.ts'

/** The part of a request that a schema is for. */
export type RequestPart = 'params' | 'query' | 'body'

/** The answer to a request that does not fit a schema of its route, sent as `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly type: 'about:blank'
  /** The reason phrase of the status. */
  readonly title: string
  readonly status: number
  /** What is wrong, in a sentence. */
  readonly detail: string
  /** The part of the request that does not fit. */
  readonly in: RequestPart
  /** The first 20 issues. `field` is a path such as `items.0.price`, empty for the whole part. */
  readonly errors: readonly Issue[]
  /** How many more issues there are; left out if there are none. */
  readonly omitted?: number
}

/** The error for a part that does not fit its schema. Its body is the problem, and its cause is a `REQUEST_INVALID` that holds it. */
export function invalidRequest(part: RequestPart, found: Issues): HttpError {
  const problem: Problem = {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: part === 'params' ? 'the params do not fit their schema' : `the ${part} does not fit its schema`,
    in: part,
    errors: found.issues,
    ...(found.omitted > 0 ? { omitted: found.omitted } : {}),
  }
  const cause = new TomodachiError('REQUEST_INVALID', { part, issues: sentenceOf(found), problem })
  return new HttpError(400, problem, { headers: { 'content-type': 'application/problem+json' }, cause })
}
