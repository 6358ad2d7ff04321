import type { Logger } from '../log/index.ts'

/** Where envelopes come from. */
export interface SourceAddress {
  /** Kind of transport, in a word, for logs and metrics. */
  readonly transport: string
  /** Address within the adapter, for people: `GET /orders/:id`. */
  readonly address: string
}

/** A service as its handlers and the adapters see it, while it runs. */
export interface RunningService {
  readonly name: string
  /** Identity of this instance; message formats that name their sender carry it. */
  readonly uuid: string
  /** How long a stop waits for handlers, in milliseconds, the delay included; Infinity for no limit. */
  readonly drainTimeout: number
  /** For how long a stop lets everything go on, in milliseconds. */
  readonly stopDelay: number
  readonly log: Logger
}

/** How busy a handler is. */
export interface Load {
  /** Deliveries that wait for their turn. */
  readonly waiting: number
  /** Deliveries whose middleware or handler runs, even if they were taken away meanwhile. */
  readonly running: number
}

/**
 * A handler with its middleware and its mailbox, as adapters and observers see it. `S` is the kind of source that its
 * adapter makes.
 */
export interface Actor<S extends SourceAddress = SourceAddress> {
  readonly source: S
  readonly service: RunningService
  /** Name of the handler. */
  readonly name: string
  /** Address that is unique within the kernel; envelopes for this actor carry it. */
  readonly address: string
  /** Deliveries that may run at once; Infinity when there is no limit. */
  readonly concurrency: number
  /** Whether deliveries may have to wait for others of their key. */
  readonly ordered: boolean
  /** What it has to do at this moment. It is counted when you read it. */
  readonly load: Load
  /** Logger that carries handler, transport and service. */
  readonly log: Logger
}
