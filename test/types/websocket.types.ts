import { guard, type Middleware, type Next, on, Service } from 'tomodachi'
import { type HttpRequest, http, type Upgrade, type UpgradeServer } from 'tomodachi/http'
import { type ClientSocket, type HandshakeRequest, websocket } from 'tomodachi/websocket'
import { typed } from './same.ts'

const api = http({ port: 0 })
const ws = websocket(api)
const service = new Service()

// Parameters come from the path, the request from the server.
service.on(ws.path('/chat/:room/:page?'), ({ socket, request, params, event, log }) => {
  typed<string>()(params.room)
  typed<string | undefined>()(params.page)
  typed<HttpRequest>()(request)
  typed<ClientSocket>()(socket)
  typed<'open' | 'message' | 'close'>()(event)
  log.info('open')
})
// @ts-expect-error the path has no such parameter
service.on(ws.path('/chat/:room'), ({ params }) => void params.user)
// The groups of a RegExp are not seen.
service.on(ws.path(/\/(?<id>\d+)/), ({ params }) => void typed<string | undefined>()(params.id))
// @ts-expect-error there is no such option
websocket(api, { port: 1 })
// @ts-expect-error this is no server
websocket({})

// Every form of a reply, sync or async; what messages are given needs no annotation.
service.on(ws.path('/'), () => {})
service.on(ws.path('/'), async () => {})
service.on(ws.path('/'), () => null)
service.on(ws.path('/'), ({ socket }) => ({ message: (data) => socket.send(data) }))
service.on(ws.path('/'), async ({ socket }) => [
  async (data) => {
    typed<string | Buffer>()(data)
    await socket.send(data)
  },
])
service.on(ws.path('/:room'), () => ({
  message(data, { params, log, signal, request }) {
    typed<string | Buffer>()(data)
    typed<string>()(params.room)
    typed<AbortSignal>()(signal)
    typed<HttpRequest>()(request)
    log.info('message')
    return ws.to(params.room).send(data)
  },
  close({ code, reason }, { socket }) {
    typed<number>()(code)
    typed<string>()(reason)
    ws.to('room').send(`${socket.id} has left`, { except: socket })
  },
}))
service.on(ws.path('/'), () => [undefined, ({ code }) => void typed<number>()(code)])
// @ts-expect-error no such part of a reply
service.on(ws.path('/'), () => ({ onMessage() {} }))
// @ts-expect-error no such part beside one that there is
service.on(ws.path('/'), async () => ({ message() {}, onClose() {} }))
// @ts-expect-error text is no reply
service.on(ws.path('/'), () => 'hello')
// @ts-expect-error a number is no message
service.on(ws.path('/'), ({ socket }) => void socket.send(1))
// @ts-expect-error the path has no such parameter
service.on(ws.path('/:room'), () => ({ message: (_, { params }) => params.user }))

// Middleware of the adapter.
const session = async ({ request }: { request: HttpRequest }, next: Next) => next({ user: request.path })
const withUser = ws.use(session).use(guard(({ user, socket }) => user !== '' || socket.close(3000)))
service.on(withUser.path('/'), ({ user }) => ({
  message(_, context) {
    typed<string>()(context.user)
    typed<string>()(user)
  },
}))
// @ts-expect-error this adapter adds no user
service.on(ws.path('/'), ({ user }) => user)

// Any server with the hook will do, and its request is what handlers get.
interface OwnRequest extends HandshakeRequest {
  readonly tenant: string
}
declare const own: UpgradeServer<OwnRequest>
service.on(websocket(own).path('/'), ({ request }) => void typed<string>()(request.tenant))
// @ts-expect-error such a request has nothing to shake hands with
websocket({} as UpgradeServer<{ tenant: string }>)
api.upgrade('h2c', '/', (upgrade: Upgrade<HttpRequest>) => upgrade.refuse(400))
export const view: Middleware = async (_, next) => next()

export class Chat extends Service {
  @on(ws.path('/chat/:room'))
  chat({ socket, params }: { socket: ClientSocket; params: { room: string } }) {
    socket.join(params.room)
    return { message: (data: string | Buffer) => ws.to(params.room).send(data) }
  }

  // @ts-expect-error the path has no such parameter
  @on(ws.path('/chat/:room'))
  user({ params }: { params: { user: string } }) {
    void params
  }
}
