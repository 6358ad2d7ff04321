import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Middleware, reply, Service } from 'tomodachi'
import { type Http, HttpError, type HttpRequest, http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'

interface Seen {
  readonly request: HttpRequest
}

/** Reacts to X-Use-Middleware, as the middleware of the recorded service did. */
const switched: Middleware<Seen, { injected: string }> = async ({ request }, next) => {
  const wish = request.headers['x-use-middleware']
  if (wish === 'Before') return reply('before')
  return next({ injected: wish === 'Inject' ? 'yes' : 'no' })
}

/** The service whose answers `fixtures/http.json` records, in our terms. */
export function recordedService(): { readonly service: Service; readonly api: Http } {
  const server = http({ port: 0, keepaliveTimeout: 0, clientMaxSize: '1KB', realIpFrom: '127.0.0.1' })
  const api = server.use(switched)
  const ws = websocket(server)
  const service = new Service({ name: 'recorded' })
    .on(api.get('/test'), () => 'test')
    .on(api.get('/test/:id'), ({ params }) => `test ${params.id}`)
    .on(api.route(['POST', 'PUT'], '/multi'), ({ request }) => request.method)
    .on(api.get('/dict-empty'), () => ({}))
    .on(api.get('/dict-status-str'), (() => ({ status: '201', body: 'x' })) as never)
    .on(api.get('/tuple2'), () => [404, 'tuple body 404'])
    .on(api.get('/list'), () => [202, 'list body'])
    .on(api.get('/aiohttp'), () => webResponse('test aiohttp'))
    .on(api.get('/response'), () => [200, 'test tomodachi response', { 'X-Tomodachi-Response': 'test' }])
    .on(api.get('/response-ct'), () => ({ body: {}, headers: { 'content-type': 'application/json' } }))
    .on(api.get('/response-header-ct'), () => [200, '{}', { 'Content-Type': 'application/json' }])
    .on(api.get('/exception'), () => {
      throw new Error('test')
    })
    .on(api.get('/http-exception'), () => {
      throw new HttpError(403)
    })
    .on(api.get('/redirect'), () => {
      throw new HttpError(302, undefined, { headers: { Location: '/test' } })
    })
    .on(api.error(404), ({ status }) => `test 404 ${status}`)
    .on(api.error(403), () => [200, 'error handler may change status'])
    .on(api.get('/charset-correct'), () => inLatin1('test åäö'))
    .on(api.get('/charset-error'), () => inLatin1('test ☃'))
    .on(api.get('/weird-ct'), () => [200, 'test', { 'Content-Type': 'text/plain; ' }])
    .on(api.get('/empty-data'), () => '')
    .on(api.get('/none-data'), () => undefined)
    .on(api.get('/forwarded-for'), ({ request }) => request.ip)
    .on(api.files('/static', recordedFiles()))
    .on(api.get('/authorization'), ({ request }) => request.authUser)
    .on(api.post('/echo'), ({ request }) => request.bytes())
    .on(api.get('/kw/:a/:b'), async ({ params, injected }) => `${params.a} ${params.b} ${injected}`)
    .on(api.get('/sync'), () => 'sync')
    .on(api.get('/ignored', { ignoreLogging: true }), () => 'ignored')
    .on(ws.path('/ws/:id'), ({ socket, params }) => socket.send(`hello ${params.id}`))
    .on(api.get('/ignored200', { ignoreLogging: [200] }), () => 'ignored')
  return { service, api: server }
}

/** The folder that the recorded service served. */
function recordedFiles(): string {
  const outside = mkdtempSync(join(tmpdir(), 'tomodachi-files-'))
  const folder = join(outside, 'static')
  mkdirSync(join(folder, 'sub'), { recursive: true })
  writeFileSync(join(outside, 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'a.txt'), 'file a')
  writeFileSync(join(folder, 'index.html'), '<b>x</b>\n')
  writeFileSync(join(folder, 'sub', 'b.json'), '{}\n')
  return folder
}

function inLatin1(text: string) {
  return [200, text, { 'Content-Type': 'text/plain; charset=iso-8859-1' }] as const
}

function webResponse(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Aiohttp': 'test' } })
}
