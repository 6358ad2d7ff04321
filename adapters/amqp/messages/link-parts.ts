import type { BrokerSession } from '../../../kernel/adapter-kit.ts'
import type { Connections } from '../connection/connections.ts'
import type { ResolvedOptions } from '../connection/options.ts'
import type { Declarations } from '../topology/declarations.ts'
import type { AmqpMessage } from './outgoing.ts'

/** What the parts of a link share. */
export interface LinkParts {
  readonly session: BrokerSession<AmqpMessage>
  readonly options: ResolvedOptions
  readonly connections: Connections
  readonly declarations: Declarations
}
