import { Service } from 'tomodachi'
import { type Client, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, errorsIn, failureOf, logged, serve } from '../serving.ts'
import { json, opened, stopEverything, type Upstream, upstream } from './upstream.ts'

const paths = suite('http client paths')
paths.after.each(stopEverything)

async function stock(): Promise<{ client: Client; server: Upstream }> {
  const server = await upstream((response) => json(response, 1))
  return { server, client: await opened(server.url) }
}

for (const [pattern, params, target] of [
  ['/stock/:id', { id: '7' }, '/stock/7'],
  ['/stock/:id', { id: 7 }, '/stock/7'],
  ['/stock/:id', { id: 12345678901234567890n }, '/stock/12345678901234567890'],
  ['/stock/:id', { id: -0.5 }, '/stock/-0.5'],
  ['/stock/:id', { id: '../admin' }, '/stock/..%2Fadmin'],
  ['/stock/:id', { id: '..%2Fadmin' }, '/stock/..%252Fadmin'],
  ['/stock/:id', { id: '..\\admin' }, '/stock/..%5Cadmin'],
  ['/stock/:id', { id: '1?admin=true' }, '/stock/1%3Fadmin%3Dtrue'],
  ['/stock/:id', { id: '1#top' }, '/stock/1%23top'],
  ['/stock/:id', { id: '50%' }, '/stock/50%25'],
  ['/stock/:id', { id: '%2e%2e' }, '/stock/%252e%252e'],
  ['/stock/:id', { id: 'a b/é☃😀' }, '/stock/a%20b%2F%C3%A9%E2%98%83%F0%9F%98%80'],
  ['/stock/:id', { id: 'a\r\nx: y\0' }, '/stock/a%0D%0Ax%3A%20y%00'],
  ['/stock/:id', { id: 'http://evil/' }, '/stock/http%3A%2F%2Fevil%2F'],
  ['/stock/:id', { id: ':id' }, '/stock/%3Aid'],
  ['/stock/:id', { id: '...' }, '/stock/...'],
  ['/stock/:id', { id: '$&' }, '/stock/%24%26'],
  ['/:shop/stock/:id?full=1', { shop: 'a/b', id: 'c' }, '/a%2Fb/stock/c?full=1'],
  ['/stock/:from-:to.json', { from: '1', to: '2' }, '/stock/1-2.json'],
  ['/v1/things::count/:id', { id: 1 }, '/v1/things:count/1'],
  ['/stock/:page?', { page: 2 }, '/stock/2'],
  ['/stock/:page?', {}, '/stock'],
  ['/stock/:page?', { page: undefined }, '/stock'],
  ['/stock/:page?', undefined, '/stock'],
  ['/:page?', {}, '/'],
  ['/files/*', { '*': 'a b/c?d' }, '/files/a%20b/c%3Fd'],
  ['/å/:id', { id: 1 }, '/%C3%A5/1'],
  ['/stock', {}, '/stock'],
] as const) {
  paths(`${pattern} with ${inspect(params)} calls ${target}`, async () => {
    const { client, server } = await stock()
    await client.get(pattern as string, { params: params as never })
    assert.equal(
      server.received.map(({ url }) => url),
      [target],
    )
  })
}

for (const [pattern, params, sentence] of [
  ['/stock/:id', { id: '..' }, 'client.params must be without "." and ".."'],
  ['/stock/:id', { id: '.' }, 'client.params must be without'],
  ['/stock/:a:b', { 'a:b': '..' }, 'client.params must be without'],
  ['/stock/:a-', { a: '' }, 'client.params.a must be text that is not empty'],
  ['/stock/.:id', { id: '.' }, 'client.params must be without'],
  ['/stock/%2e:id', { id: '.' }, 'client.params must be without'],
  ['/stock/:id', { id: '..;a' }, 'client.params must be without'],
  ['/stock/:id', { id: '' }, 'client.params.id must be text that is not empty'],
  ['/stock/:id', { id: '\ud800' }, 'client.params.id must be text without halves of surrogate pairs'],
  ['/stock/:id', { id: Number.NaN }, 'client.params.id must be a string or a number'],
  ['/stock/:id', { id: null }, 'client.params.id must be a string or a number, not null'],
  ['/stock/:id', { id: ['a'] }, 'client.params.id must be a string or a number'],
  [
    '/stock/:id',
    { id: undefined },
    'client.params.id must be given because /stock/:id needs it, not undefined',
  ],
  ['/stock/:id', {}, 'client.params.id'],
  ['/stock/:id', Object.create({ id: 'inherited' }), 'client.params.id'],
  ['/stock/:toString', {}, 'client.params.toString'],
  ['/stock/:id', undefined, 'client.params.id must be given because /stock/:id needs it'],
  ['/stock/:id', { id: 1, size: 2 }, 'client.params.size must be a parameter of /stock/:id'],
  ['/stock', { id: 1 }, 'client.params.id must be a parameter of /stock'],
  ['/stock/:id', ['1'], 'client.params must be an object'],
  ['/stock/:id', new Map([['id', '1']]), 'client.params must be an object'],
  ['/stock/:id(^\\d+$)', { id: 1 }, 'client.path must be one with plain parameters, such as :id'],
  ['/files/*', { '*': 'a/../../b' }, 'client.params must be without'],
  ['/files/*', { '*': '/etc' }, 'client.params.* must be segments with single slashes'],
  ['/files/*', { '*': 'a//b' }, 'client.params.* must be segments with single slashes'],
] as const) {
  paths(`${pattern} with ${inspect(params)} is refused: ${sentence}`, async () => {
    const { client, server } = await stock()
    const failure = await failureOf(() => client.get(pattern as string, { params: params as never }))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.match(failure.message, sentence)
    assert.equal(server.received, [])
  })
}

for (const path of [
  '/stock/../admin',
  '/stock/./7',
  '/..',
  '/stock/..',
  '/stock/..?a=1',
  '/stock/%2e%2e/admin',
  '/stock/%2E./admin',
  '/stock/.%2e',
  '/stock/..%2fadmin',
  '/stock/..%5Cadmin',
  '/stock/..\\admin',
  '/stock\\..\\admin',
  '/stock/..;a=b/admin',
  '//evil/admin',
  '/\\evil/admin',
  'http://evil/admin',
  '?a=1',
  '',
  '/a\nb',
  '/a\u007fb',
  '/a\0',
  '/a#b',
  '/\udc00',
]) {
  paths(`the path ${JSON.stringify(path)} is refused`, async () => {
    const { client, server } = await stock()
    for (const call of [client.get, client.stream.bind(client, 'GET')]) {
      const failure = await failureOf(() => call(path))
      assert.is(failure.code, 'OPTION_INVALID')
      assert.match(failure.message, 'client.path')
    }
    assert.equal(server.received, [])
  })
}

for (const [path, target] of [
  ['/a b/é?q=å b', '/a%20b/%C3%A9?q=%C3%A5%20b'],
  ['/a%20b/%C3%A9', '/a%20b/%C3%A9'],
  ['/50%/%zz', '/50%25/%25zz'],
  ['/a"<>\\^`{|}', '/a%22%3C%3E%5C%5E%60%7B%7C%7D'],
  ['/v1/things:count', '/v1/things:count'],
  ['/at/12:30/*', '/at/12:30/*'],
  ['/a?b[]=../..', '/a?b[]=../..'],
  ['/.well-known/a..b/...', '/.well-known/a..b/...'],
  ['/a//b/', '/a//b/'],
] as const) {
  paths(`the path ${path} is sent as ${target}`, async () => {
    const { client, server } = await stock()
    await client.get(path as string)
    assert.is(server.received[0]?.url, target)
  })
}

for (const query of [
  { a: '\ud800' },
  { a: { b: 1 } },
  { a: [Symbol('b')] },
  { a: Number.NaN },
  { a: [1, Number.POSITIVE_INFINITY] },
  'a=1',
  new URLSearchParams({ a: '1' }),
  new Map([['a', 1]]),
  null,
]) {
  paths(`the query ${inspect(query)} is refused`, async () => {
    const { client, server } = await stock()
    const failure = await failureOf(() => client.get('/', { query: query as never }))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.match(failure.message, 'client.query')
    assert.equal(server.received, [])
  })
}

paths('an error of a path does not show its query', async () => {
  const { client } = await stock()
  const failure = await failureOf(() => client.get('/a/../b?token=secret'))
  assert.match(failure.message, '"/a/../b"')
  assert.not.match(failure.message, 'secret')
})

paths('a parameter of a request never changes which path of another service is called', async () => {
  const { client, server } = await stock()
  const api = http({ port: 0 })
  await serve(
    new Service().on(api.get('/items/:id'), async ({ params }) => {
      await client.get('/stock/:id', { params: { id: params.id } })
    }),
  )
  const records = logged()
  for (const id of ['..%2Fadmin', '1%3Fadmin=true', 'a%20b', 'å', '%2e%2e%2f%2e%2e'])
    assert.is((await ask(api, 'GET', `/items/${encodeURI(id).replaceAll('%25', '%')}`)).status, 200)
  assert.equal(
    server.received.map(({ url }) => url),
    ['/stock/..%2Fadmin', '/stock/1%3Fadmin%3Dtrue', '/stock/a%20b', '/stock/%C3%A5', '/stock/..%2F..'],
  )
  assert.equal(errorsIn(records), [])
})

/** Values of the titles. */
function inspect(value: unknown): string {
  return typeof value === 'object'
    ? JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}n` : one))
    : String(value)
}

paths.run()
