// node: 24 only
import { Service, type TomodachiError } from 'tomodachi'
import { http, type Params } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, failureOf, serve, stopAll } from '../serving.ts'
import { type Path, RouteTable } from './route-table.ts'

const test = suite('http router')
test.after.each(stopAll)

/** What a GET of a URL finds, as `[path, params]`. */
async function found(
  paths: readonly Path[],
  url: string,
): Promise<[string, Record<string, string>] | undefined> {
  const table = await RouteTable.of(...paths)
  const match = await table.find('GET', url)
  return match && [match.route.slice(4), match.params]
}

async function shadowedPaths(...paths: readonly Path[]): Promise<string[]> {
  const { shadowed } = await RouteTable.of(...paths)
  return shadowed.map(({ route }) => route.slice(4))
}

test('patterns give decoded params', async () => {
  assert.equal(await found(['/orders/:id'], '/orders/17'), ['/orders/:id', { id: '17' }])
  assert.equal(await found(['/orders/:id'], '/orders/a%2Fb%20%C3%A9?x=%zz'), ['/orders/:id', { id: 'a/b é' }])
  assert.equal(await found(['/orders/:id'], '/orders/a;b#c'), ['/orders/:id', { id: 'a;b' }])
  assert.equal(await found(['/files/*'], '/files/a/b%2Fc'), ['/files/*', { '*': 'a/b/c' }])
  assert.equal(await found(['/:from-:to'], '/1-2'), ['/:from-:to', { from: '1', to: '2' }])
  assert.equal(await found(['/:id(^\\d+$)'], '/12'), ['/:id(^\\d+$)', { id: '12' }])
  assert.is(await found(['/:id(^\\d+$)'], '/a'), undefined)
  assert.equal(await found(['/x/:id?'], '/x'), ['/x/:id?', {}])
  assert.equal(await found(['/x/:id?'], '/x/1'), ['/x/:id?', { id: '1' }])
  assert.equal(await found(['/a::b'], '/a:b'), ['/a::b', {}])
})

test('a long param is no problem', async () => {
  const id = 'x'.repeat(10_000)
  assert.equal(await found(['/:id'], `/${id}`), ['/:id', { id }])
  assert.equal(await found(['/:id-:part'], `/${id}-1`), ['/:id-:part', { id, part: '1' }])
})

test('case and every slash count', async () => {
  assert.is(await found(['/test'], '/Test'), undefined)
  assert.is(await found(['/test'], '/test/'), undefined)
  assert.is(await found(['/test'], '//test'), undefined)
  assert.is(await found([/\/test/], '//test'), undefined)
  const { api } = await RouteTable.of('/test')
  assert.is((await ask(api, 'GET', 'http://localhost//test')).status, 404)
})

test('the absolute form is read as its path, other forms match nothing', async () => {
  for (const path of ['/a', /\/a/]) {
    const { api } = await RouteTable.of(path)
    for (const url of ['http://localhost:80/a?b', 'HTTPS://localhost/a'])
      assert.is((await ask(api, 'GET', url)).status, 200, url)
    for (const url of ['a', '*a', 'ftp://localhost/a', 'http:///a', 'localhost/a'])
      assert.ok((await ask(api, 'GET', url)).status >= 400, url)
  }
  const { api } = await RouteTable.of('/')
  for (const url of ['http://localhost', 'http://localhost?q'])
    assert.is((await ask(api, 'GET', url)).status, 200, url)
  const table = await RouteTable.of([['OPTIONS'], '/'], [['OPTIONS'], /.*/])
  assert.is(await table.find('OPTIONS', '*'), undefined)
  assert.equal(await table.allowed('*'), [])
})

test('malformed percent-encoding matches nothing', async () => {
  const table = await RouteTable.of('/:id', /\/(?<id>.*)/, '/*')
  for (const url of ['/%', '/%zz', '/a%f', '/%ff']) {
    assert.is(await table.find('GET', url), undefined, url)
    assert.equal(await table.allowed(url), [])
  }
})

test('a character and its percent-encoding lead to the same route, but for a slash', async () => {
  const reserved = "-._~!$&'()+,;=@ é"
  for (const character of reserved) {
    const paths = [`/a${character}/x`, `/b${character}/*`, `/c${character}/:id`, '/*']
    const byte = (text: string) => [...Buffer.from(text)].map((code) => `%${code.toString(16)}`).join('')
    for (const encoded of [byte(character), byte(character).toUpperCase()]) {
      assert.equal(await found(paths, `/a${encoded}/x?${encoded}`), [paths[0], {}], character)
      assert.equal(await found(paths, `/b${encoded}/${encoded}`), [paths[1], { '*': character }])
      assert.equal(await found(paths, `/c${encoded}/${encoded}`), [paths[2], { id: character }])
    }
  }
  assert.equal(await found(['/a::b', '/*'], '/a%3ab'), ['/a::b', {}])
  assert.equal(await found(['/a/*', '/*'], '/a%2Fb'), ['/*', { '*': 'a/b' }])
  // Decoded once, and no further.
  assert.equal(await found(['/@', '/:id'], '/%2540'), ['/:id', { id: '%40' }])
})

test('a RegExp matches the whole decoded path without the query', async () => {
  const path = /\/(?<year>\d{4})(?:-(?<month>\d\d))?/
  assert.equal((await found([path], '/2024-05?x'))?.[1], { year: '2024', month: '05' })
  assert.equal((await found([path], '/202%34'))?.[1], { year: '2024' })
  assert.is(await found([path], '/2024-05/x'), undefined)
  assert.is(await found([path], '/x/2024'), undefined)
  assert.is(await found([/\/a|\/b/], '/ab'), undefined)
  assert.ok(await found([/\/A/i], '/a'))
  assert.ok(await found([/\/a\/b/], '/a%2Fb'))
  assert.is(await found([/\/a/m], '/a%0A/b'), undefined)
})

test('a RegExp with state finds the same every time', async () => {
  for (const path of [/\/a/g, /\/a/y]) {
    const table = await RouteTable.of(path)
    for (let turn = 0; turn < 3; turn++) assert.ok(await table.find('GET', '/a'))
  }
})

test('the earlier registration wins', async () => {
  assert.is((await found(['/:id', '/new'], '/new'))?.[0], '/:id')
  assert.is((await found(['/new', '/:id'], '/new'))?.[0], '/new')
  assert.is((await found(['/*', '/a/:id'], '/a/1'))?.[0], '/*')
  assert.is((await found(['/:a/b', '/a/:b'], '/a/b'))?.[0], '/:a/b')
  assert.is((await found(['/:a/b', '/a/:b'], '/a/c'))?.[0], '/a/:b')
  assert.is((await found(['/:a/b/c', '/a/*'], '/a/b/c'))?.[0], '/:a/b/c')
  assert.is((await found(['/a:rest', '/ab:rest'], '/abc'))?.[0], '/a:rest')
  assert.is((await found(['/a:x/1', '/:x/1', '/ab/:y'], '/ab/1'))?.[0], '/a:x/1')
  assert.is((await found(['/:all(.*)', '/:start(.*)b'], '/ab'))?.[0], '/:all(.*)')
  // find-my-way reads the % behind a parameter as %25.
  assert.is((await found(['/:x-%b/c', '/a-%25b/:y'], '/a-%2525b/c'))?.[0], '/:x-%b/c')
  assert.is((await found([/\/\d+/, '/:id'], '/1'))?.[0], '\\/\\d+')
  assert.is((await found([/\/\d+/, '/:id'], '/a'))?.[0], '/:id')
  assert.is((await found(['/:id', /\/\d+/], '/1'))?.[0], '/:id')
  assert.is((await found(['/:a/b', /\/a\/.*/, '/a/:b'], '/a/b'))?.[0], '/:a/b')
})

// find-my-way refuses the second of two such patterns, as if they were the same.
test('patterns that differ only in an expression stand side by side', async () => {
  const paths = ['/:id(^\\d+$)', '/:name(^[a-z]+$)', '/:rest']
  assert.equal(await found(paths, '/1'), ['/:id(^\\d+$)', { id: '1' }])
  assert.equal(await found(paths, '/a'), ['/:name(^[a-z]+$)', { name: 'a' }])
  assert.equal(await found(paths, '/A'), ['/:rest', { rest: 'A' }])
})

test('HEAD is answered by its own route, else by the GET route', async () => {
  const table = await RouteTable.of('/a', [['HEAD'], '/:x'], '/b/c', [['POST'], '/d'])
  assert.is((await table.find('HEAD', '/a'))?.route, 'HEAD /:x')
  assert.is((await table.find('HEAD', '/b/c'))?.route, 'GET /b/c')
  assert.is(await table.find('HEAD', '/b/d'), undefined)
  assert.is(await table.find('HEAD', '/d/'), undefined)
})

test('allowed names the methods, HEAD after GET', async () => {
  const table = await RouteTable.of(
    [['DELETE', 'GET'], '/a/:id'],
    [['POST'], '/a/*'],
    [['PUT'], /\/a\/\d+/],
    [['OPTIONS'], '/b'],
  )
  assert.equal(await table.allowed('/a/1?x'), ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'])
  assert.equal(await table.allowed('/a/x/y'), ['POST'])
  assert.equal(await table.allowed('/b'), ['OPTIONS'])
  assert.equal(await table.allowed('/c'), [])
  assert.is(await table.find('PATCH', '/a/1'), undefined)
})

test('routes that cannot be reached are reported', async () => {
  assert.equal(await shadowedPaths('/a', '/b', '/:id', '/c/*', /\/d/), [])
  assert.equal(await shadowedPaths('/a/:id', '/a/:name'), ['/a/:name'])
  assert.equal(await shadowedPaths('/:id', '/new'), ['/new'])
  assert.equal(await shadowedPaths('/*', '/a/:id', '/b'), ['/a/:id', '/b'])
  assert.equal(await shadowedPaths(/\/a%?/, '/a%', '/a'), ['/a%', '/a'])
  assert.equal(await shadowedPaths(/\/a/, /\/a/, /\/a/i), ['\\/a#2'])
  assert.equal(await shadowedPaths('/:id?', '/', '/:x'), ['/', '/:x'])
  assert.equal(await shadowedPaths('/a', '/a/:id?'), [])
  assert.equal(await shadowedPaths('/:id(^\\d+$)', '/12', '/x', '/:n(^\\d+$)'), ['/12', '/:n(^\\d+$)'])
})

test('a route that is shadowed for some methods is reported with those', async () => {
  const table = await RouteTable.of('/a', [['GET', 'POST'], '/a'])
  assert.equal(table.shadowed, [{ route: 'GET,POST /a', methods: ['GET'] }])
  assert.is((await table.find('POST', '/a'))?.route, 'GET,POST /a')
  assert.is((await table.find('GET', '/a'))?.route, 'GET /a')
})

test('an invalid path is refused, also where it could not be reached', async () => {
  for (const path of [
    '',
    'a',
    '*',
    '/*/a',
    '/:a?/b',
    '/:a??',
    '/:a?/:b?',
    '/:id(',
    '/:id(+)',
    '/:id((x+x+)+y)',
  ]) {
    for (const paths of [[path], ['/*', path]]) {
      const { code, values } = (await failureOf(() => RouteTable.of(...paths))) as TomodachiError
      assert.is(code, 'ROUTE_INVALID', path)
      assert.is((values as { path: unknown }).path, path)
      assert.type((values as { reason: unknown }).reason, 'string')
    }
  }
})

test('no name of a param reaches a prototype', async () => {
  for (const path of ['/:__proto__/:constructor', /\/(?<__proto__>.*)\/(?<constructor>.*)/]) {
    const api = http({ port: 0 })
    let params: Params = {}
    const source = api.get(path)
    await serve(
      new Service().on(source, (given) => {
        params = given.params
      }),
    )
    await api.inject('/a/b')
    assert.equal(Object.entries(params), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    assert.is(Reflect.get(params, 'toString'), undefined)
    assert.is(Reflect.get({}, 'a'), undefined)
  }
})

test('ten thousand routes are told apart', async () => {
  const paths = Array.from(
    { length: 10_000 },
    (_, index) => `/resources/${index}${index % 2 === 0 ? '' : '/:id'}`,
  )
  const table = await RouteTable.of(...paths)
  assert.equal(table.shadowed, [])
  for (let index = 0; index < 10_000; index += 999) {
    const match = await table.find('GET', `/resources/${index}${index % 2 === 0 ? '' : '/x'}`)
    assert.is(match?.route, `GET ${paths[index]}`)
  }
})

test.run()
