import { type Actor, nameOf } from '../../../kernel/adapter-kit.ts'
import { type Adapter, type BusEvent, hasCode, type Settlement } from '../../../kernel/index.ts'
import type { HttpRequest } from '../request/request.ts'
import type { HttpSource } from '../routing/source.ts'

/** Told on the bus of every request that has been answered, routed or not. */
export interface Responded {
  /** The server that answered: one bus has those of all servers of its kernel. `api.origin` of what `http()` gives. */
  readonly adapter: Adapter
  readonly request: HttpRequest
  /** What was answered; 499 when the client had gone before. */
  readonly status: number
  /** The status that would have been answered, had the client not gone; undefined when its going was the reason. */
  readonly replacedStatus: number | undefined
  /** Bytes of the body; undefined for a stream. */
  readonly contentLength: number | undefined
  /** The actor that handled it; undefined for a request without a route. */
  readonly actor: Actor<HttpSource> | undefined
  /** Milliseconds that middleware and handler took; undefined for a request that no handler may have seen. */
  readonly handlerElapsed: number | undefined
  /** Milliseconds from the request to the end of its answer. */
  readonly elapsed: number
}

/** Name of the event. */
export const responded: BusEvent<Responded> = 'http.responded'

/** Whether a delivery has ended as it would have without its client going away; without a delivery, that is so. */
export function isOutcome(settlement: Settlement | undefined): boolean {
  if (settlement === undefined || settlement.state === 'acked') return true
  if (settlement.state === 'released') return false
  const { error } = settlement
  return !hasCode(error, 'BODY_UNREADABLE') && nameOf(error) !== 'AbortError'
}

/** Told on the bus of every answer to what could not be read as a request. */
export interface Refused {
  /** The server that answered. */
  readonly adapter: Adapter
  readonly status: number
  /** Bytes of the body. */
  readonly contentLength: number
  /** Address of the peer. */
  readonly ip: string | undefined
}

/** The same, before it is said whose it is. */
export type Refusal = Omit<Refused, 'adapter'>

/** Name of the event. */
export const refused: BusEvent<Refused> = 'http.refused'
