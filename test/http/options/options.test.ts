import { Service } from 'tomodachi'
import { type HttpOptions, http, type RouteOptions } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, failureOf, portOf, serve, stopAll } from '../serving.ts'

const options = suite('http options')
options.after.each(stopAll)

for (const [option, expected, ...wrong] of [
  ['port', /an integer from 0 to 65535/, -1, 65_536, 1.5, Number.NaN, '80', null],
  ['host', /a string of one line/, 5, null, 'local\nhost'],
  ['name', /a string of one line/, 5, null, 'a\0b'],
  ['contentType', /a string of one line/, 5, null, 'text/plain\r\nX-A: b'],
  ['serverHeader', /a string of one line/, 5, false, 'a\r\nSet-Cookie: b=c'],
  ['accessLog', /true, false or the path of a file/, 1, null, '', {}],
  [
    'realIpFrom',
    /IP addresses and networks/,
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
  ['realIpHeader', /the name of a header/, 1, null, '', 'X Forwarded', 'Forwarded', 'a:b'],
  ...(['keepaliveTimeout', 'headersTimeout', 'requestTimeout', 'sendTimeout'] as const).map(
    (option) =>
      [option, /a number of seconds from 0 to 2147482/, -1, Number.NaN, '5', null, Infinity] as const,
  ),
  ...(['maxKeepaliveRequests', 'maxConnections'] as const).map(
    (option) => [option, /an integer from 1, or Infinity/, 0, -1, 1.5, Number.NaN, '5', null] as const,
  ),
  ['maxKeepaliveTime', /a number of seconds above 0, or Infinity/, 0, -1, Number.NaN, '5', null],
  ['maxHeaderSize', /a number of bytes, or text such as/, 0, -1, 1.5, '', '1TB', null],
  ['reusePort', /true or false/, 'yes', 1, null],
  ['tls', /an object with a key and a certificate/, true, 'key.pem', null],
  [
    'clientMaxSize',
    /a number of bytes, or text such as 100MB/,
    0,
    -1,
    1.5,
    '',
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

options('an option that there is not is refused, by its name', async () => {
  const failure = await failureOf(() => http({ prot: 80 } as never))
  assert.is(failure.code, 'OPTION_INVALID')
  assert.match(failure.message, 'http.prot')
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
  ['10', 10],
  ['10B', 10],
  ['1K', 1_024],
  ['1kb', 1_024],
  ['2 KB', 2_048],
  ['1M', 1_048_576],
] as const) {
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
  [{ keepaliveTimeout: 60 }, ['keep-alive', 'timeout=60'], true],
  [{ keepaliveTimeout: 4.35 }, ['keep-alive', 'timeout=4'], true],
  [{ keepaliveTimeout: 2_147_482 }, ['keep-alive', 'timeout=2147482'], true],
  [{ keepaliveTimeout: 0 }, ['close', undefined], false],
] as const) {
  options(`keep-alive with ${JSON.stringify(given)}`, async () => {
    assert.equal(await keptAlive(given), { fields, isReused })
  })
}

options('an idle connection is closed after the keep-alive time', async () => {
  const api = http({ port: 0, keepaliveTimeout: 0.05 })
  await serve(new Service().on(api.get('/'), () => 'x'))
  const client = await RawClient.connect(portOf(api))
  await client.send(requestText('GET', '/')).response()
  await client.closed
  assert.is((await ask(api, 'GET', '/')).status, 200)
})

options('an option that a route does not have is refused at once', () => {
  const misspelt = { maxBodysize: 100 } as RouteOptions
  assert.throws(() => http().post('/', misspelt), /http\.maxBodysize must be left out/)
})

options.run()
