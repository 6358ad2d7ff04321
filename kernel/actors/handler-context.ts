import type { Envelope } from '../../envelopes/index.ts'
import type { Logger } from '../log/index.ts'
import type { RunningService } from './running-service.ts'

/** What every handler and middleware is given, whatever the transport. `Of` is what it knows of its service. */
export interface HandlerContext<Of extends RunningService = RunningService> {
  readonly envelope: Envelope
  /** Address of the actor that handles it. */
  readonly address: string
  readonly service: Of
  /** Aborts when the lease or the channel is lost, or the drain deadline has passed. */
  readonly signal: AbortSignal
  /** Logger that carries handler, transport and service. */
  readonly log: Logger
}
