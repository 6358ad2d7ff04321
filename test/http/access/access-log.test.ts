import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { type Http, HttpError, type HttpOptions, http, type Responded, responded } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { accessLines, ask, type Logged, logged, portOf, serve, stopAll, until } from '../serving.ts'

const access = suite('http access log')
access.after.each(stopAll)

/** The order of fields, as the Python library has it; the recorded lines must agree with it. */
const recordedOrder = [
  'status_code',
  'replaced_status_code',
  'remote_ip',
  'auth_user',
  'request_method',
  'request_path',
  'request_query_string',
  'http_version',
  'response_content_length',
  'request_content_length',
  'request_content_read_length',
  'user_agent',
  'handler_elapsed_time',
  'request_time',
]
/** Ours stand behind them. */
const order = [...recordedOrder, 'requestId', 'trace_id', 'parent_span_id']

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/access_log.json', import.meta.url), 'utf8'),
) as {
  readonly lines: readonly Readonly<Record<string, unknown>>[]
}

async function serving(options: HttpOptions = {}): Promise<{ api: Http; records: Logged[] }> {
  const records = logged()
  const api = http({ port: 0, clientMaxSize: '1KB', ...options })
  await serve(
    new Service()
      .on(api.get('/test'), () => 'test')
      .on(api.get('/test/:id'), ({ params }) => `test ${params.id}`)
      .on(api.get('/authorization'), ({ request }) => request.authUser)
      .on(api.post('/echo'), ({ request }) => request.bytes())
      .on(api.get('/stream'), async function* () {
        yield 'stream'
      })
      .on(api.get('/quiet', { ignoreLogging: true }), () => 'quiet')
      .on(api.get('/quiet200/:status', { ignoreLogging: [200, 404] }), ({ params }) => [
        Number(params.status),
      ])
      .on(api.get('/fails'), async () => Promise.reject(new HttpError(409)))
      .on(api.get('/slow'), async () => {
        await sleep(100)
        return [201, 'slow']
      }),
  )
  return { api, records }
}

/** The one line of what `action` asks for. */
async function lineOf(action: (api: Http) => Promise<unknown>): Promise<Logged['fields']> {
  const { api, records } = await serving()
  await action(api)
  await until(() => accessLines(records).length > 0)
  assert.is(accessLines(records).length, 1)
  const fields = Object.entries(accessLines(records)[0] ?? {}).filter(([, value]) => value !== undefined)
  const names = fields.map(([name]) => name)
  assert.equal(
    names,
    order.filter((name) => names.includes(name)),
    'the order of the fields',
  )
  return Object.fromEntries(fields)
}

/** Without what differs from run to run, which is checked to look as it should. */
function settled({
  handler_elapsed_time: handler,
  request_time: total,
  requestId,
  ...rest
}: Logged['fields']) {
  for (const time of [handler, total]) if (time !== undefined) assert.match(time, /^\d+\.\d{5}s$/)
  assert.match(requestId, uuid)
  return { ...rest, ...(handler === undefined ? {} : { handled: true }) }
}

access('the fields and their order are those of the recorded lines', () => {
  for (const line of recorded.lines.filter(({ status_code: status, message }) => status && !message)) {
    const { timestamp: _, logger: __, level: ___, message: ____, ...fields } = line
    const names = Object.keys(fields)
    assert.equal(
      names,
      recordedOrder.filter((name) => names.includes(name)),
    )
  }
})

const common = {
  remote_ip: '127.0.0.1',
  request_method: 'GET',
  http_version: 'HTTP/1.1',
  user_agent: 'fx/1',
  handled: true,
}
const agent = { 'User-Agent': 'fx/1' }

for (const [name, send, expected] of [
  [
    '/test',
    (api: Http) => ask(api, 'GET', '/test', agent),
    { status_code: 200, request_path: '/test', response_content_length: 4 },
  ],
  [
    'HEAD',
    (api: Http) => ask(api, 'HEAD', '/test', agent),
    { status_code: 200, request_path: '/test', response_content_length: 4, request_method: 'HEAD' },
  ],
  [
    'a query',
    (api: Http) => ask(api, 'GET', '/test?x=1?y&z', agent),
    { status_code: 200, request_path: '/test', request_query_string: 'x=1?y&z', response_content_length: 4 },
  ],
  [
    'an empty query',
    (api: Http) => ask(api, 'GET', '/test?', agent),
    { status_code: 200, request_path: '/test', response_content_length: 4 },
  ],
  [
    'a path that was encoded',
    (api: Http) => ask(api, 'GET', '/test/%C3%A5%20b', agent),
    { status_code: 200, request_path: '/test/å b', response_content_length: 9 },
  ],
  [
    'a user',
    (api: Http) =>
      ask(api, 'GET', '/authorization', { ...agent, Authorization: 'Basic YXV0aHVzZXI6c2VjcmV0YWY=' }),
    { status_code: 200, request_path: '/authorization', auth_user: 'authuser', response_content_length: 8 },
  ],
  [
    'a body',
    (api: Http) => ask(api, 'POST', '/echo', agent, 'hello'),
    {
      status_code: 200,
      request_method: 'POST',
      request_path: '/echo',
      response_content_length: 5,
      request_content_length: 5,
      request_content_read_length: 5,
    },
  ],
  [
    'a stream',
    (api: Http) => ask(api, 'GET', '/stream', agent),
    { status_code: 200, request_path: '/stream' },
  ],
  [
    'an HttpError',
    (api: Http) => ask(api, 'GET', '/fails', agent),
    { status_code: 409, request_path: '/fails', response_content_length: 8 },
  ],
] as const) {
  access(`the line of ${name}`, async () => {
    assert.equal(settled(await lineOf(send)), { ...common, ...expected })
  })
}

for (const [name, send, expected] of [
  [
    'an unknown path',
    (api: Http) => ask(api, 'GET', '/nope', agent),
    { status_code: 404, request_path: '/nope', response_content_length: 9 },
  ],
  [
    'a wrong method',
    (api: Http) => ask(api, 'OPTIONS', '/test', agent),
    { status_code: 405, request_method: 'OPTIONS', request_path: '/test', response_content_length: 18 },
  ],
  [
    'a body over the limit',
    (api: Http) => ask(api, 'POST', '/echo', agent, 'x'.repeat(2_000)),
    {
      status_code: 413,
      request_method: 'POST',
      request_path: '/echo',
      response_content_length: 62,
      request_content_length: 2_000,
    },
  ],
] as const) {
  access(`the line of ${name}, which no handler saw`, async () => {
    const { handled: _, ...unhandled } = common
    assert.equal(settled(await lineOf(send)), { ...unhandled, ...expected })
  })
}

access('a client that goes away before the answer is logged as 499', async () => {
  const line = await lineOf(async (api) => {
    const client = await RawClient.connect(portOf(api))
    client.send(requestText('GET', '/slow'))
    await sleep(30)
    client.destroy()
  })
  assert.equal([line.status_code, line.replaced_status_code], [499, 201])
  assert.equal([line.remote_ip, line.request_path], ['127.0.0.1', '/slow'])
  assert.type(line.handler_elapsed_time, 'string')
})

access('ignoreLogging leaves out a route, or some of its statuses', async () => {
  const { api, records } = await serving()
  for (const path of ['/quiet', '/quiet200/200', '/quiet200/404', '/quiet200/201', '/test']) {
    await ask(api, 'GET', path)
  }
  const paths = accessLines(records).map((line) => line.request_path)
  assert.equal(paths, ['/quiet200/201', '/test'])
})

access('accessLog: false writes no line, and whoever watches the bus is still told', async () => {
  const records = logged()
  const api = http({ port: 0, accessLog: false })
  const kernel = await serve(new Service().on(api.get('/'), () => 'text', { name: 'index' }))
  const events: Responded[] = []
  const stop = kernel.bus.on(responded, (event) => void events.push(event))
  await ask(api, 'GET', '/?a=1')
  await ask(api, 'GET', '/unknown')
  stop()
  await ask(api, 'GET', '/')
  assert.equal(accessLines(records), [])
  assert.equal(
    events.map(({ status, contentLength, request, actor }) => [
      status,
      contentLength,
      request.url,
      actor?.name,
    ]),
    [
      [200, 4, '/?a=1', 'index'],
      [404, 9, '/unknown', undefined],
    ],
  )
  for (const { elapsed } of events) assert.ok(elapsed > 0 && elapsed < 60_000)
})

access.run()
