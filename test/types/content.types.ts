import { Service } from 'tomodachi'
import {
  deleteCookie,
  events,
  type FileReply,
  http,
  type InjectRequest,
  type Query,
  type ServerEvent,
  setCookie,
} from 'tomodachi/http'
import { same, typed } from './same.ts'

const api = http({ port: 0, accessLog: 'access.log', realIpFrom: ['10.0.0.0/8'], realIpHeader: 'X-Real-IP' })
const service = new Service()

// Files need no handler; other sources do.
service.on(api.files('/static', './public'))
service.on(api.files('/static', new URL(import.meta.url), { index: 'index.html', cacheControl: 'no-cache' }))
// @ts-expect-error a route has no handler of its own
service.on(api.get('/'))
// @ts-expect-error there is no such option
api.files('/static', './public', { maxAge: 1 })
service.on(api.files('/static', './public'), ({ send }) => send())
service.on(api.files('/:tenant/files/:filename', './public'), async ({ send, filename, params, query }) => {
  typed<string>()(filename)
  typed<string>()(params.tenant)
  typed<Query>()(query)
  const file = await send()
  typed<FileReply>()(file)
  return { ...file, headers: { ...file.headers, 'x-tenant': params.tenant } }
})
// @ts-expect-error the path has no such parameter
service.on(api.files('/static', './public'), ({ params }) => params.tenant)
// @ts-expect-error a number is no reply
service.on(api.files('/static', './public'), () => 42)
const named = api.use(async (_, next) => next({ user: 'x' }))
service.on(named.files('/static', './public'), ({ user, send }) => (user === 'x' ? send() : [403]))
service.on(named.files('/static', './public'))

// Forms and cookies.
service.on(api.post('/upload'), async ({ request }) => {
  const form = await request.formData()
  const file = form.get('file')
  typed<string | undefined>()(request.cookies.id)
  typed<string | undefined>()(request.lastEventId)
  return file instanceof File ? file.stream() : [400, file]
})
service.on(api.get('/'), () => [200, 'x', { 'set-cookie': [setCookie('a', 'b'), deleteCookie('c')] }])
// @ts-expect-error browsers know three
setCookie('a', 'b', { sameSite: 'Loose' })
// @ts-expect-error a value is text
setCookie('a', 1)

// Events.
async function* orders(): AsyncGenerator<ServerEvent> {
  yield { data: { id: 1 }, event: 'order', id: '1' }
}
service.on(api.get('/events'), () => events(orders()))
service.on(api.get('/events'), async () =>
  events(
    (signal) => {
      typed<AbortSignal>()(signal)
      return orders()
    },
    { heartbeat: 1_000 },
  ),
)
const misnamed: AsyncIterable<{ readonly id: number }> = { [Symbol.asyncIterator]: () => ({}) as never }
// @ts-expect-error an id is text
events(misnamed)

// What `inject` takes: forms, bytes, streams and objects, and only the options that there are.
for (const payload of [
  new FormData(),
  new URLSearchParams('a=1'),
  new Blob(['a']),
  new Uint8Array(1),
  'a',
  { id: 1 },
])
  api.inject({ method: 'POST', url: '/orders', payload, headers: { 'x-id': '1' }, signal: undefined })
api.inject({ url: '/orders', query: { page: '1' }, body: new FormData() }).then(({ statusCode, body }) => {
  typed<number>()(statusCode)
  typed<string>()(body)
})
// @ts-expect-error there is no such option
api.inject({ url: '/orders', json: { id: 1 } })
// @ts-expect-error a number cannot be sent
api.inject({ url: '/orders', payload: 42 })
// The methods are offered by the editor, and any other is text.
same<Extract<InjectRequest['method'], 'DELETE'>, 'DELETE'>(true)
api.inject({ url: '/orders', method: 'PROPFIND' })
const asked: string = 'GET'
api.inject({ url: '/orders', method: asked })
// @ts-expect-error a method is text
api.inject({ url: '/orders', method: 1 })
