import { Service, type Size } from 'tomodachi'
import { type Http, type HttpOptions, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, failureOf, portOf, serve, stopAll } from '../serving.ts'

const options = suite('http options')
options.after.each(stopAll)

for (const [option, expected, ...wrong] of [
  ['port', 'an integer from 0 to 65535', -1, 65_536, 1.5, Number.NaN, '80', null],
  ['host', 'text on one line', 5, null, 'local\nhost'],
  ['name', 'text on one line, not empty', 5, null, '', 'a\0b'],
  ['contentType', 'text on one line, not empty', 5, null, 'text/plain\r\nX-A: b'],
  ['serverHeader', 'text on one line', 5, false, 'a\r\nSet-Cookie: b=c'],
  ['accessLog', 'true, false or the path of a file', 1, null, '', {}],
  [
    'realIpFrom',
    'IP addresses and networks, such as "127.0.0.1" or "10.0.0.0/8"',
    1,
    null,
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    'proxy',
    ['10.0.0.1', ''],
    'fe80::1%eth0',
    '10.0.0.1/-1',
    '10.0.0.1/8/8',
  ],
  ['realIpHeader', 'the name of a header with a list', 1, null, '', 'X Forwarded', 'Forwarded', 'a:b'],
  ['keepaliveTimeout', 'a duration up to 24d, such as', -1, Number.NaN, '5', '5 sec', null, Infinity],
  ...(['headersTimeout', 'requestTimeout', 'sendTimeout'] as const).map(
    (option) => [option, '"20s" or "5m", or Infinity', -1, Number.NaN, '5', null, '25d', 2 ** 31] as const,
  ),
  ...(['maxKeepaliveRequests', 'maxConnections'] as const).map(
    (option) =>
      [option, 'an integer from 1 to 2147483647, or Infinity', 0, -1, 1.5, Number.NaN, '5', null] as const,
  ),
  ['maxKeepaliveTime', 'a duration from 1ms to 24d', 0, -1, Number.NaN, '5', null],
  ['maxHeaderSize', 'a size, such as 1024 (bytes)', 0, -1, 1.5, '', '1TB', null],
  ['reusePort', 'true or false', 'yes', 1, null],
  ['tls', 'an object with a key and a certificate', true, 'key.pem', null],
  [
    'clientMaxSize',
    '"512KB" or "100MB"',
    0,
    -1,
    1.5,
    '',
    '10',
    'MB',
    '1TB',
    '1 M B',
    '-1K',
    null,
    Number.NaN,
  ],
] as const) {
  for (const value of wrong) {
    options(`${option} of ${JSON.stringify(value)} (${String(value)}) is refused`, async () => {
      const failure = await failureOf(() => http({ [option]: value } as never))
      assert.is(failure.code, 'OPTION_INVALID')
      assert.match(failure.message, `the option http.${option} must be `)
      assert.match(failure.message, expected)
    })
  }
}

for (const [given, sentence] of [
  [{ prot: 80 }, 'http() has no option "prot"; did you mean "port"?'],
  [{ keepAliveTimeout: '5s' }, 'http() has no option "keepAliveTimeout"; did you mean "keepaliveTimeout"?'],
  [{ ssl: {} }, 'http() has no option "ssl"; did you mean "tls"?'],
  [{ https: {} }, 'http() has no option "https"; did you mean "tls"?'],
  [{ hostname: 'localhost' }, 'http() has no option "hostname"; did you mean "host"?'],
  [{ bodyLimit: '1MB' }, 'http() has no option "bodyLimit"; did you mean "clientMaxSize"?'],
  [{ trustProxy: true }, 'http() has no option "trustProxy"; did you mean "realIpFrom"?'],
  [{ access_log: false }, 'http() has no option "access_log"; did you mean "accessLog"?'],
  [{ client_max_size: 1 }, 'http() has no option "client_max_size"; did you mean "clientMaxSize"?'],
  [9_700, 'the options of http() must be an object, not 9700'],
  [null, 'the options of http() must be an object, not null'],
] as const) {
  options(`http(${JSON.stringify(given)}) is refused with a hint`, async () => {
    const failure = await failureOf(() => http(given as never))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.is(failure.message, sentence)
  })
}

const json = { type: 'object', properties: { id: { type: 'string' } } }

for (const [make, sentence] of [
  [(api) => api.post('/', { boddy: 1 } as never), 'http.post() has no option "boddy"; did you mean "body"?'],
  [
    (api) => api.post('/', { schema: 1 } as never),
    'http.post() has no option "schema"; did you mean "body"?',
  ],
  [
    (api) => api.put('/', { maxBodysize: 100 } as never),
    'http.put() has no option "maxBodysize"; did you mean "maxBodySize"?',
  ],
  [
    (api) => api.patch('/', { bodyLimit: 100 } as never),
    'http.patch() has no option "bodyLimit"; did you mean "maxBodySize"?',
  ],
  [
    (api) => api.get('/', { querystring: 1 } as never),
    'http.get() has no option "querystring"; did you mean "query"?',
  ],
  [
    (api) => api.post('/', { body: json as never }),
    'the option http.post.body must be a Standard Schema, such as one of Zod, Valibot or ArkType (a plain JSON Schema cannot validate anything by itself), not ',
  ],
  [(api) => api.get('/', { query: 'id' as never }), 'the option http.get.query must be a Standard Schema'],
  [(api) => api.get('/:id', { params: {} as never }), 'the option http.get.params must be a Standard Schema'],
  [
    (api) => api.post('/', { maxBodySize: '5 apples' as never }),
    'the option http.post.maxBodySize must be a size, such as 1024 (bytes), "512KB" or "100MB", not "5 apples"',
  ],
  [
    (api) => api.head('/', { ignoreLogging: 'yes' as never }),
    'the option http.head.ignoreLogging must be true, false or a list of statuses, such as [200, 404], not "yes"',
  ],
  [(api) => api.delete('/', 5 as never), 'the options of http.delete() must be an object, not 5'],
  [
    (api) => api.get(undefined as never),
    'http.get(path) is required: a path such as "/orders/:id", or a RegExp',
  ],
  [
    (api) => api.options({ path: '/' } as never),
    'http.options(path) must be a path such as "/orders/:id", or a RegExp, not ',
  ],
  [
    (api) => api.route('GET' as never, '/'),
    'http.route(methods) must be a list of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, not "GET"',
  ],
  [(api) => api.route(['get' as never], '/'), 'http.route(methods) must be a list of GET, HEAD'],
  [(api) => api.route([], '/'), 'http.route(methods) must be a list of GET, HEAD'],
  [(api) => api.route(['GET'], '/', { boddy: 1 } as never), 'http.route() has no option "boddy"'],
  [(api) => api.error(200), 'http.error(status) must be an integer from 400 to 599, not 200'],
  [(api) => api.files('/', '.', { maxAge: 1 } as never), 'http.files() has no option "maxAge"; did you mean'],
  [
    (api) => api.files('/', '.', { index: '../index.html' }),
    'the option http.files.index must be the name of a file, such as "index.html", not "../index.html"',
  ],
  [
    (api) => api.files('/', 'not-there'),
    'http.files(dir) must be an existing folder, as a path or a file URL, not "not-there"',
  ],
  [(api) => api.files('/', new URL('http://a/')), 'http.files(dir) must be an existing folder'],
  [(api) => api.files(5 as never, '.'), 'http.files(url) must be a path such as "/static", or a RegExp'],
] as const satisfies readonly (readonly [(api: Http) => unknown, string])[]) {
  options(`${String(make).slice(9)} is refused`, async () => {
    const failure = await failureOf(() => (make as (api: Http) => unknown)(http()))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.ok(failure.message.startsWith(sentence), failure.message)
  })
}

options('a route whose options are undefined has none', () => {
  const nothing = { body: undefined, maxBodySize: undefined, boddy: undefined } as never
  assert.is(http().post('/', nothing).address, 'POST /')
})

for (const limit of ['maxKeepaliveRequests', 'maxKeepaliveTime']) {
  options(`${limit} makes no sense without keep-alive`, async () => {
    const failure = await failureOf(() => http({ keepaliveTimeout: 0, [limit]: 5 }))
    assert.is(failure.code, 'OPTIONS_CONFLICT')
    assert.match(failure.message, limit)
    http({ keepaliveTimeout: 0, [limit]: Infinity })
  })
}

options('an option that is undefined has its default', async () => {
  const api = http({ port: 0, contentType: undefined, clientMaxSize: undefined, name: undefined } as never)
  await serve(new Service().on(api.get('/'), () => 'x'))
  assert.is(api.name, 'http')
  assert.is((await ask(api, 'GET', '/')).header('content-type'), 'text/plain; charset=utf-8')
})

options("the caller's object is left alone, and may change later", async () => {
  const given: { port: number; serverHeader: string } = Object.seal({ port: 0, serverHeader: 'mine' })
  const api = http(given)
  given.serverHeader = 'other'
  await serve(new Service().on(api.get('/'), () => 'x'))
  assert.is((await ask(api, 'GET', '/')).header('server'), 'mine')
})

for (const [clientMaxSize, bytes] of [
  [10, 10],
  ['10B', 10],
  ['1K', 1_024],
  ['1kb', 1_024],
  ['2 KB', 2_048],
  ['1.5KB', 1_536],
  ['1M', 1_048_576],
] as readonly (readonly [Size, number])[]) {
  options(`clientMaxSize ${clientMaxSize} is ${bytes} bytes`, async () => {
    const api = http({ port: 0, clientMaxSize })
    await serve(new Service().on(api.post('/'), async ({ request }) => `${(await request.bytes()).length}`))
    assert.is((await ask(api, 'POST', '/', {}, 'x'.repeat(bytes))).text, String(bytes))
    assert.is((await ask(api, 'POST', '/', {}, 'x'.repeat(bytes + 1))).status, 413)
  })
}

/** The Connection and Keep-Alive fields of an answer, and whether a second one came on the connection. */
async function keptAlive(given: HttpOptions) {
  const api = http({ port: 0, ...given })
  await serve(new Service().on(api.get('/'), () => 'x'))
  const client = await RawClient.connect(portOf(api))
  const first = await client.send(requestText('GET', '/')).response()
  const fields = [first.header('connection'), first.header('keep-alive')]
  const isReused = await client
    .send(requestText('GET', '/'))
    .response()
    .then(
      () => true,
      () => false,
    )
  client.destroy()
  return { fields, isReused }
}

for (const [given, fields, isReused] of [
  [{}, ['keep-alive', 'timeout=5'], true],
  [{ keepaliveTimeout: '60s' }, ['keep-alive', 'timeout=60'], true],
  [{ keepaliveTimeout: '1m' }, ['keep-alive', 'timeout=60'], true],
  [{ keepaliveTimeout: 4_350 }, ['keep-alive', 'timeout=4'], true],
  [{ keepaliveTimeout: '24d' }, ['keep-alive', 'timeout=2073600'], true],
  [{ keepaliveTimeout: 0 }, ['close', undefined], false],
] as const) {
  options(`keep-alive with ${JSON.stringify(given)}`, async () => {
    assert.equal(await keptAlive(given), { fields, isReused })
  })
}

options('an idle connection is closed after the keep-alive time', async () => {
  const api = http({ port: 0, keepaliveTimeout: '50ms' })
  await serve(new Service().on(api.get('/'), () => 'x'))
  const client = await RawClient.connect(portOf(api))
  await client.send(requestText('GET', '/')).response()
  await client.closed
  assert.is((await ask(api, 'GET', '/')).status, 200)
})

options.run()
