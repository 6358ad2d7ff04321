import { setTimeout as sleep } from 'node:timers/promises'
import { deflateSync, gzipSync } from 'node:zlib'
import { Service, type Size } from 'tomodachi'
import { type Http, http, type RouteOptions } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { RawClient, requestText } from '../raw-client.ts'
import { accessLines, ask, errorsIn, logged, portOf, serve, stopAll, until } from '../serving.ts'

const limits = suite('http body limits')

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
limits.before(() => {
  process.on('unhandledRejection', note).on('uncaughtException', note)
})
limits.after.each(async () => {
  await stopAll()
  assert.equal(stray.splice(0), [])
})

let handled: string[] = []

/** Echoes bodies of up to 1,024 bytes at POST /, and takes JSON at /json; the rest is as its name says. */
async function echoing(): Promise<Http> {
  handled = []
  const api = http({ port: 0, clientMaxSize: 1_024 })
  await serve(
    new Service()
      .on(api.post('/'), async ({ request }) => {
        handled.push(await request.text())
        return request.text()
      })
      .on(api.post('/json', { body: z.unknown() }), () => void handled.push('json'))
      .on(api.post('/unread'), ({ request }) => void request.stream())
      .on(api.post('/late'), async ({ request }) => {
        handled.push('late')
        await sleep(50)
        await request.text().catch((error) => handled.push(error.code))
      }),
  )
  return api
}

const sized = (size: number) => 'x'.repeat(size)

limits('a body of exactly the limit is accepted', async () => {
  const api = await echoing()
  const response = await ask(api, 'POST', '/', {}, sized(1_024))
  assert.equal([response.status, response.body.length], [200, 1_024])
})

limits('a body that is announced over the limit is refused before it is read', async () => {
  const records = logged()
  const api = await echoing()
  for (const path of ['/', '/json', '/unread', '/unknown']) {
    const client = await RawClient.connect(portOf(api))
    client.send(requestText('POST', path, { 'Content-Length': '1025' }))
    const response = await client.response()
    assert.is(response.status, 413, path)
    assert.is(response.text, 'Maximum request body size 1024 exceeded, actual body size 1025')
    client.destroy()
  }
  assert.equal(handled, [])
  assert.equal(errorsIn(records), [])
})

/** A body in chunks of 100 bytes, of which no total is announced. */
function chunked(path: string, size: number, headers = ''): string {
  const chunks = `64\r\n${sized(100)}\r\n`.repeat(Math.floor(size / 100))
  const rest = size % 100 === 0 ? '' : `${(size % 100).toString(16)}\r\n${sized(size % 100)}\r\n`
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Transfer-Encoding: chunked\r\n\r\n${chunks}${rest}0\r\n\r\n`
}

limits('a body in chunks is read up to the limit', async () => {
  const api = await echoing()
  const client = await RawClient.connect(portOf(api))
  assert.is((await client.send(chunked('/', 1_024)).response()).status, 200)
  const response = await client.send(chunked('/', 1_025)).response()
  assert.equal([response.status, response.text], [413, 'Maximum request body size 1024 exceeded'])
  assert.is((await client.send(chunked('/', 10)).response()).status, 200, 'the connection can be used on')
  client.destroy()
})

for (const [encoding, compress] of [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
  ['identity', Buffer.from],
] as const) {
  limits(`a body in ${encoding} is decompressed, and the limit is that of its content`, async () => {
    const api = await echoing()
    const send = (size: number) =>
      ask(api, 'POST', '/', { 'Content-Encoding': encoding }, compress(sized(size) as never))
    assert.is((await send(1_024)).text, sized(1_024))
    assert.is((await send(1_025)).status, 413)
    assert.is(handled.length, 1)
  })
}

limits('a few bytes that become many are refused, and are not unpacked to their end', async () => {
  const api = await echoing()
  const bomb = gzipSync(Buffer.alloc(200_000_000), { level: 1 })
  const small = http({ port: 0, clientMaxSize: '10MB' })
  await serve(new Service().on(small.post('/'), async ({ request }) => void (await request.bytes())))
  const before = process.memoryUsage().rss
  const response = await ask(small, 'POST', '/', { 'Content-Encoding': 'gzip' }, bomb)
  assert.is(response.status, 413)
  assert.is((await ask(api, 'POST', '/', {}, 'x')).status, 200)
  const grown = process.memoryUsage().rss - before
  assert.ok(grown < 100_000_000, `${grown} bytes more memory`)
})

limits('an unknown encoding is 415, also that of a list', async () => {
  const api = await echoing()
  for (const encoding of ['br', 'zstd', 'gzip, gzip', 'nonsense']) {
    const response = await ask(api, 'POST', '/', { 'Content-Encoding': encoding }, 'x')
    assert.is(response.status, 415, encoding)
    assert.match(response.text, encoding)
  }
  assert.equal(handled, [])
})

for (const [name, bytes] of [
  ['no gzip at all', Buffer.from('garbage')],
  ['a gzip that is cut short', gzipSync('x'.repeat(100)).subarray(0, 20)],
] as const) {
  limits(`${name} is 400`, async () => {
    const records = logged()
    const api = await echoing()
    const response = await ask(api, 'POST', '/', { 'Content-Encoding': 'gzip' }, bytes)
    assert.is(response.status, 400)
    assert.match(response.text, /^the request body cannot be read: /)
    assert.equal(errorsIn(records), [])
  })

  limits(`${name} that nobody reads does no harm`, async () => {
    const api = await echoing()
    assert.is((await ask(api, 'POST', '/unread', { 'Content-Encoding': 'gzip' }, bytes)).status, 200)
    await sleep(20)
    assert.is((await ask(api, 'POST', '/', {}, 'x')).status, 200)
  })
}

for (const [path, encoding] of [
  ['/', 'identity'],
  ['/', 'gzip'],
  ['/json', 'identity'],
  ['/json', 'gzip'],
] as const) {
  limits(
    `a client that goes away while it sends to ${path} in ${encoding}: no handler gets half a body`,
    async () => {
      const records = logged()
      const api = await echoing()
      const client = await RawClient.connect(portOf(api))
      const half = encoding === 'gzip' ? gzipSync('{"a":1}').subarray(0, 15) : '{"a"'
      const headers = { 'Content-Encoding': encoding, 'Content-Length': '100' }
      client.send(requestText('POST', path, headers)).send(half)
      await sleep(30)
      client.destroy()
      await until(() => accessLines(records).length > 0)
      assert.is(accessLines(records)[0]?.status_code, 499)
      assert.equal(handled, [])
      assert.equal(errorsIn(records), [])
    },
  )
}

limits('a body that is asked for after the client went away fails, instead of being waited for', async () => {
  const api = await echoing()
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('POST', '/late', { 'Content-Length': '10' }, 'half'))
  await until(() => handled.includes('late'))
  client.destroy()
  await until(() => handled.length > 1)
  assert.equal(handled, ['late', 'BODY_UNREADABLE'])
})

/** Serves bodies at routes with limits of their own; a handler answers with the size of what it got. */
async function limited(clientMaxSize: Size, limits: Record<string, RouteOptions>): Promise<Http> {
  const api = http({ port: 0, clientMaxSize })
  const service = new Service()
  for (const [path, options] of Object.entries(limits))
    service.on(api.post(path, options), async ({ request }) => String((await request.bytes()).length))
  await serve(service)
  return api
}

limits('each route has its limit, with a schema 1 MB, where it says nothing else', async () => {
  const body = z.string()
  const api = await limited('3MB', {
    '/plain': {},
    '/schema': { body },
    '/small': { maxBodySize: 100 },
    '/large': { maxBodySize: '4MB' },
    '/schema/large': { body, maxBodySize: '4MB' },
    '/schema/small': { body, maxBodySize: '1K' },
  })
  const type = { 'Content-Type': 'application/json' }
  for (const [path, limit] of [
    ['/plain', 3 * 1_024 ** 2],
    ['/schema', 1_024 ** 2],
    ['/small', 100],
    ['/large', 4 * 1_024 ** 2],
    ['/schema/large', 4 * 1_024 ** 2],
    ['/schema/small', 1_024],
    ['/nowhere', 3 * 1_024 ** 2],
  ] as const) {
    const text = (size: number) => JSON.stringify('x'.repeat(size - 2))
    const fits = await ask(api, 'POST', path, type, text(limit))
    assert.is(fits.text, path === '/nowhere' ? 'Not Found' : String(limit), path)
    const announced = await ask(api, 'POST', path, { ...type, 'Content-Length': String(limit + 1) })
    assert.is(announced.status, 413, path)
    assert.match(announced.text, `size ${limit} exceeded`)
    if (path === '/nowhere') continue
    const packed = await ask(
      api,
      'POST',
      path,
      { ...type, 'Content-Encoding': 'gzip' },
      gzipSync(text(limit + 1)),
    )
    assert.is(packed.status, 413, path)
  }
})

limits('where clientMaxSize is less than 1 MB, it is the limit with a schema too', async () => {
  const api = await limited('10K', { '/schema': { body: z.string() } })
  const response = await ask(api, 'POST', '/schema', { 'Content-Length': '10241' })
  assert.match(response.text, 'size 10240 exceeded')
})

for (const maxBodySize of [0, -1, Number.NaN, '1TB', '', null, {}]) {
  limits(`a maxBodySize of ${JSON.stringify(maxBodySize)} is refused`, () => {
    try {
      http().post('/', { maxBodySize: maxBodySize as never })
      assert.unreachable()
    } catch (error) {
      assert.is((error as { code?: string }).code, 'OPTION_INVALID')
      assert.match((error as Error).message, 'http.post.maxBodySize must be a size, such as')
    }
  })
}

limits.run()
