import type { Adapter, AnyMiddleware, Source } from '../../kernel/index.ts'
import type { WebsocketGiven } from './client-socket.ts'
import type { Connection } from './connection.ts'
import type { WebsocketReply } from './reply.ts'

/** A source of connections. */
export interface WebsocketSource extends Source<WebsocketGiven<unknown>, WebsocketReply> {
  readonly path: string | RegExp
}

/** Makes the source of a path. */
export function pathSource(
  adapter: Adapter,
  use: readonly AnyMiddleware[],
  path: string | RegExp,
): WebsocketSource {
  return {
    adapter,
    transport: 'websocket',
    keepsAsyncContext: true,
    address: path instanceof RegExp ? path.source : path,
    use,
    path,
    runs: (handler) => (context: WebsocketGiven<unknown>) =>
      // No other socket is ever given, and no middleware can replace it.
      (context.socket as Connection).handle(context as never, handler as never),
  }
}
