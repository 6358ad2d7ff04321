import { optionShape, resolveOption } from '../../kernel/adapter-kit.ts'
import type { Adapter, AnyMiddleware, Source } from '../../kernel/index.ts'
import type { WebsocketGiven } from './client-socket.ts'
import type { Connection } from './connection.ts'
import type { WebsocketReply } from './reply.ts'

/** A source of connections. */
export interface WebsocketSource extends Source<WebsocketGiven<unknown>, WebsocketReply> {
  readonly path: string | RegExp
}

const pathShape = optionShape<string | RegExp>('', 'a path such as "/chat/:room", or a RegExp', (value) =>
  typeof value === 'string' || value instanceof RegExp ? value : undefined,
)

/** Makes the source of a path. Throws `OPTION_INVALID` for anything but text or a RegExp. */
export function pathSource(
  adapter: Adapter,
  use: readonly AnyMiddleware[],
  path: string | RegExp,
): WebsocketSource {
  resolveOption({ owner: 'websocket', path: '' }, 'path(path)', path, pathShape)
  return {
    adapter,
    transport: 'websocket',
    keepsAsyncContext: true,
    address: path instanceof RegExp ? path.source : path,
    use,
    path,
    identify: ({ given }) => ({ connectionId: (given as WebsocketGiven<unknown>).socket.id }),
    runs: (handler) => (context: WebsocketGiven<unknown>) =>
      // It always is a Connection: middleware cannot replace the socket.
      (context.socket as Connection).handle(context as never, handler as never),
  }
}
