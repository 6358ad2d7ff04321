import type { Logger } from '../log/index.ts'

/** A service as its handlers and the adapters see it, while it runs. */
export interface RunningService {
  readonly name: string
  /** Identity of this instance; message formats that name their sender carry it. */
  readonly uuid: string
  /** How long a stop waits for handlers, in milliseconds; Infinity for no limit. */
  readonly drainTimeout: number
  readonly log: Logger
}
