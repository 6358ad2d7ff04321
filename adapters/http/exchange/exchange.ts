import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Actor } from '../../../kernel/adapter-kit.ts'
import type { Delivery } from '../../../kernel/index.ts'
import type { HttpRequest } from '../request/request.ts'
import type { HttpSource } from '../routing/source.ts'
import type { Connection } from '../server/connections.ts'

/** One request on its way. */
export interface Exchange {
  readonly raw: IncomingMessage
  readonly response: ServerResponse
  readonly request: HttpRequest
  /** Undefined for an injected request. */
  readonly connection: Connection | undefined
  /** In milliseconds of `performance.now()`; these two are only taken when somebody wants to know. */
  readonly startedAt: number
  /** When the handler had come to its end. */
  handledAt: number
  actor: Actor<HttpSource> | undefined
  /** Whose handler was asked last: that of the route or of an error source. */
  handler: Actor | undefined
  /** The delivery to the route or, without one, to the error source. */
  delivery: Delivery | undefined
  /** The delivery whose handler still runs. */
  pending: Delivery | undefined
}
