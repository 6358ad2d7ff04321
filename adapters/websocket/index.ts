import './errors.ts'
import {
  type Actor,
  type AddedByEnd,
  type AddedByUse,
  type Ending,
  type EndingIn,
  type Fits,
  middlewareList,
  objectWith,
  type Plain,
  resolveOptions,
  type Usable,
  type UsableList,
} from '../../kernel/adapter-kit.ts'
import {
  type Adapter,
  type AnyMiddleware,
  type HandlerContext,
  type Source,
  TomodachiError,
} from '../../kernel/index.ts'
import type { ParamsOf, UpgradeServer } from '../http/index.ts'
import { accessLog } from './access-log.ts'
import type { ClientSocket, HandshakeRequest, WebsocketGiven } from './client-socket.ts'
import { Connections } from './connections.ts'
import type { Message } from './frame.ts'
import { resolveWebsocketOptions, type WebsocketOptions } from './options.ts'
import type { WebsocketReply } from './reply.ts'
import { pathSource, type WebsocketSource } from './source.ts'

export type { ClientSocket, Closed, HandshakeRequest, WebsocketGiven } from './client-socket.ts'
export { type Connected, connected } from './client-socket.ts'
export type { Message } from './frame.ts'
export type { WebsocketOptions } from './options.ts'
export type { CloseHandler, MessageHandler, WebsocketParts, WebsocketReply } from './reply.ts'

/** The clients that have joined a room. */
export interface Room {
  /** How many clients are in the room. */
  readonly size: number
  /**
   * Sends to all clients in the room, or to all but one. The frame is made once. Returns how many clients it was sent
   * to.
   */
  send(message: Message, options?: RoomSendOptions): number
}

/** Options of `send` to a room. */
export interface RoomSendOptions {
  /** A client that does not get the message, usually the one that sent it. Default: none. */
  readonly except?: ClientSocket | undefined
}

const nobody: RoomSendOptions = {}
const sendShapes = { except: objectWith<ClientSocket>(['send', 'close'], 'a socket of this adapter') }

/** Websockets on an HTTP server. `Added` is what its middleware adds to the context of its handlers. */
export interface Websocket<Request, Added = object> extends Adapter {
  /**
   * The source of connections at a path, which is written like that of a route. The handler is called once for each
   * connection, when it has opened, and returns the handlers of its messages and its close. If a handler throws, the
   * connection is closed with 1011.
   */
  path<const Path extends string | RegExp>(
    path: Path,
  ): Source<
    Plain<WebsocketGiven<Request, ParamsOf<Path>> & Added>,
    WebsocketReply<Plain<WebsocketGiven<Request, ParamsOf<Path>> & Added>>
  >
  /** Returns a room to send to. Throws `ADAPTER_NOT_STARTED` before the start and after the close. */
  to(room: string): Room
  /** The same adapter, with middleware for all events of its connections. */
  use<End extends Ending, const List extends UsableList = readonly []>(
    middleware:
      | EndingIn<HandlerContext & WebsocketGiven<Request> & Added, End>
      | (List & Fits<HandlerContext & WebsocketGiven<Request> & Added, List>),
  ): Websocket<Request, Added & AddedByEnd<End> & AddedByUse<List>>
}

/** The adapter itself, and its connections while it runs. */
interface SocketAdapter {
  readonly adapter: Adapter
  connections(): Connections
}

/**
 * Makes an adapter for websockets (RFC 6455) on an HTTP server: `http()` of `tomodachi/http`, or any other server with
 * an upgrade hook. The service that runs it also runs the HTTP server. Throws `OPTION_INVALID` for invalid options; its
 * start rejects with `ROUTE_INVALID`.
 */
export function websocket<Request extends HandshakeRequest>(
  api: UpgradeServer<Request>,
  options: WebsocketOptions = {},
): Websocket<Request> {
  if (typeof (api as Partial<UpgradeServer<Request>> | undefined)?.upgrade !== 'function') {
    const expected = 'an HTTP server, such as the value of http()'
    throw new TomodachiError('OPTION_INVALID', { option: 'websocket(api)', expected, actual: typeof api })
  }
  return facade(socketAdapter(api, options), [])
}

function socketAdapter(api: UpgradeServer<HandshakeRequest>, given: WebsocketOptions): SocketAdapter {
  const options = resolveWebsocketOptions(given)
  const { name } = options
  let connections: Connections | undefined
  let stops: (() => void)[] = []

  const adapter: Adapter = {
    name,
    needs: [api],
    async start({ actors, deliver, bus }) {
      const started = new Connections(adapter, options, deliver, bus)
      connections = started
      stops = []
      if (options.accessLog) stops.push(accessLog(adapter, api.origin ?? api, bus))
      for (const actor of actors as readonly Actor<WebsocketSource>[])
        stops.push(api.upgrade('websocket', actor.source.path, (offer) => started.accept(offer, actor)))
    },
    async pause() {
      connections?.drain()
    },
    async idle() {
      await connections?.drained()
    },
    async close() {
      const [ended, ending] = [connections, stops]
      await ended?.close()
      for (const stop of ending) stop()
      if (connections === ended) connections = undefined
    },
  }
  return {
    adapter,
    connections() {
      if (!connections)
        throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation: 'sending to a room' })
      return connections
    },
  }
}

/** The adapter as its users see it: its paths, with the middleware that `use` has added. */
function facade<Request, Added>(
  server: SocketAdapter,
  use: readonly AnyMiddleware[],
): Websocket<Request, Added> {
  const { adapter } = server
  return {
    ...adapter,
    origin: adapter,
    path: (path) => pathSource(adapter, use, path) as never,
    to(room) {
      const { rooms } = server.connections()
      return {
        get size() {
          return rooms.size(room)
        },
        send(message, options) {
          const { except } = options === undefined ? nobody : resolveOptions('room.send', options, sendShapes)
          return rooms.send(room, message, except)
        },
      }
    },
    use: (middleware) => facade(server, [...use, ...middlewareList(middleware as Usable)]),
  }
}
