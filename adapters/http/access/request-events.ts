import { type Actor, nameOf } from '../../../kernel/adapter-kit.ts'
import {
  type Adapter,
  type BusEvent,
  type Delivery,
  hasCode,
  type Settlement,
} from '../../../kernel/index.ts'
import type { HttpRequest } from '../request/request.ts'
import type { HttpSource } from '../routing/source.ts'

/** Emitted on the bus when a request has come in, whether it has a route or not. `responded` follows for each of them. */
export interface Requested {
  /** The server that it came to. */
  readonly adapter: Adapter
  readonly request: HttpRequest
}

/** Name of the event. */
export const requested: BusEvent<Requested> = 'http.requested'

/** Emitted on the bus for every answered request, whether it had a route or not, that somebody watched from its arrival. */
export interface Responded {
  /** The server that answered: `api.origin` of the value of `http()`. All servers of a kernel share a bus. */
  readonly adapter: Adapter
  readonly request: HttpRequest
  /** Status of the answer; 499 if the client left before the answer. */
  readonly status: number
  /** For a 499, the status that the answer would have had; undefined if the handler ended because the client left. */
  readonly replacedStatus: number | undefined
  /** Bytes of the body; undefined for a stream. */
  readonly contentLength: number | undefined
  /** The actor of its route, even if the request was shed; undefined without a route. */
  readonly actor: Actor<HttpSource> | undefined
  /** The delivery to that actor or, without one, to an error source. */
  readonly delivery: Delivery | undefined
  /** Milliseconds that middleware and handler took; undefined when no handler was called. */
  readonly handlerElapsed: number | undefined
  /** Milliseconds from the request to the end of its answer. */
  readonly elapsed: number
}

/** Name of the event. */
export const responded: BusEvent<Responded> = 'http.responded'

/** Whether a delivery ended as if its client had stayed. True without a delivery. */
export function isOutcome(settlement: Settlement | undefined): boolean {
  if (settlement === undefined || settlement.state === 'acked') return true
  if (settlement.state === 'released') return false
  const { error } = settlement
  return !hasCode(error, 'BODY_UNREADABLE') && nameOf(error) !== 'AbortError'
}

/** The limit of `overload` for which a request was shed. */
export type ShedReason = 'maxEventLoopDelay' | 'maxInFlight'

/** Emitted on the bus for every request that is shed. When it has been answered, `responded` follows. */
export interface Shed {
  /** The server that sheds it. */
  readonly adapter: Adapter
  readonly request: HttpRequest
  /** The actor of its route; undefined without a route, and for a request that asks for an upgrade. */
  readonly actor: Actor<HttpSource> | undefined
  readonly reason: ShedReason
}

/** Name of the event. */
export const shed: BusEvent<Shed> = 'http.shed'

/** Emitted on the bus for every answer to bytes that could not be read as a request. */
export interface Refused {
  /** The server that answered. */
  readonly adapter: Adapter
  readonly status: number
  /** Bytes of the body. */
  readonly contentLength: number
  /** Address of the peer. */
  readonly ip: string | undefined
}

/** The event without its server. */
export type Refusal = Omit<Refused, 'adapter'>

/** Name of the event. */
export const refused: BusEvent<Refused> = 'http.refused'
