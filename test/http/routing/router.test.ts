// node: 24 only
import { createRouter, type Method, type Route } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('http router')

type Path = string | RegExp

function routes(...paths: readonly (Path | readonly [readonly Method[], Path])[]): Route<string>[] {
  return paths.map((entry) => {
    const [methods, path] = Array.isArray(entry) ? entry : [['GET'], entry]
    return { methods, path, target: `${methods} ${path}` }
  })
}

/** What a GET of a URL finds, as `[target, params]`. */
function found(paths: readonly Path[], url: string): [string, Record<string, string>] | undefined {
  const match = createRouter(routes(...paths)).find('GET', url)
  return match && [match.target.slice(4), { ...match.params }]
}

function shadowedPaths(...paths: readonly Path[]): Path[] {
  return createRouter(routes(...paths)).shadowed.map((route) => route.path)
}

test('patterns give decoded params', () => {
  assert.equal(found(['/orders/:id'], '/orders/17'), ['/orders/:id', { id: '17' }])
  assert.equal(found(['/orders/:id'], '/orders/a%2Fb%20%C3%A9?x=%zz'), ['/orders/:id', { id: 'a/b é' }])
  assert.equal(found(['/orders/:id'], '/orders/a;b#c'), ['/orders/:id', { id: 'a;b' }])
  assert.equal(found(['/files/*'], '/files/a/b%2Fc'), ['/files/*', { '*': 'a/b/c' }])
  assert.equal(found(['/:from-:to'], '/1-2'), ['/:from-:to', { from: '1', to: '2' }])
  assert.equal(found(['/:id(^\\d+$)'], '/12'), ['/:id(^\\d+$)', { id: '12' }])
  assert.is(found(['/:id(^\\d+$)'], '/a'), undefined)
  assert.equal(found(['/x/:id?'], '/x'), ['/x/:id?', {}])
  assert.equal(found(['/x/:id?'], '/x/1'), ['/x/:id?', { id: '1' }])
  assert.equal(found(['/a::b'], '/a:b'), ['/a::b', {}])
})

test('a long param is no problem', () => {
  const id = 'x'.repeat(10_000)
  assert.equal(found(['/:id'], `/${id}`), ['/:id', { id }])
  assert.equal(found(['/:id-:part'], `/${id}-1`), ['/:id-:part', { id, part: '1' }])
})

test('case and every slash count', () => {
  assert.is(found(['/test'], '/Test'), undefined)
  assert.is(found(['/test'], '/test/'), undefined)
  assert.is(found(['/test'], '//test'), undefined)
  assert.is(found(['/test'], 'http://localhost//test'), undefined)
  assert.is(found([/\/test/], '//test'), undefined)
})

test('the absolute form is read as its path, other forms match nothing', () => {
  for (const path of ['/a', /\/a/]) {
    assert.ok(found([path], 'http://localhost:80/a?b'))
    assert.ok(found([path], 'HTTPS://localhost/a'))
    for (const url of ['a', '*a', 'ftp://localhost/a', 'http:///a', 'localhost/a', '']) {
      assert.is(found([path], url), undefined, url)
    }
  }
  assert.ok(found(['/'], 'http://localhost'))
  assert.ok(found(['/'], 'http://localhost?q'))
  const router = createRouter(routes([['OPTIONS'], '/'], [['OPTIONS'], /.*/]))
  assert.is(router.find('OPTIONS', '*'), undefined)
  assert.equal(router.allowed('*'), [])
})

test('malformed percent-encoding matches nothing', () => {
  const router = createRouter(routes('/:id', /\/(?<id>.*)/, '/*'))
  for (const url of ['/%', '/%zz', '/a%f', '/%ff']) {
    assert.is(router.find('GET', url), undefined, url)
    assert.equal(router.allowed(url), [])
  }
})

test('a character and its percent-encoding lead to the same route, but for a slash', () => {
  const reserved = "-._~!$&'()+,;=@ é"
  for (const character of reserved) {
    const paths = [`/a${character}/x`, `/b${character}/*`, `/c${character}/:id`, '/*']
    const byte = (text: string) => [...Buffer.from(text)].map((code) => `%${code.toString(16)}`).join('')
    for (const encoded of [byte(character), byte(character).toUpperCase()]) {
      assert.equal(found(paths, `/a${encoded}/x?${encoded}`), [paths[0], {}], character)
      assert.equal(found(paths, `/b${encoded}/${encoded}`), [paths[1], { '*': character }])
      assert.equal(found(paths, `/c${encoded}/${encoded}`), [paths[2], { id: character }])
    }
  }
  assert.equal(found(['/a::b', '/*'], '/a%3ab'), ['/a::b', {}])
  assert.equal(found(['/a/*', '/*'], '/a%2Fb'), ['/*', { '*': 'a/b' }])
  // Decoded once, and no further.
  assert.equal(found(['/@', '/:id'], '/%2540'), ['/:id', { id: '%40' }])
})

test('a RegExp matches the whole decoded path without the query', () => {
  const path = /\/(?<year>\d{4})(?:-(?<month>\d\d))?/
  assert.equal(found([path], '/2024-05?x')?.[1], { year: '2024', month: '05' })
  assert.equal(found([path], '/202%34')?.[1], { year: '2024' })
  assert.is(found([path], '/2024-05/x'), undefined)
  assert.is(found([path], '/x/2024'), undefined)
  assert.is(found([/\/a|\/b/], '/ab'), undefined)
  assert.ok(found([/\/A/i], '/a'))
  assert.ok(found([/\/a\/b/], '/a%2Fb'))
  assert.is(found([/\/a/m], '/a%0A/b'), undefined)
})

test('a RegExp with state finds the same every time', () => {
  for (const path of [/\/a/g, /\/a/y]) {
    const router = createRouter(routes(path))
    for (let turn = 0; turn < 3; turn++) assert.ok(router.find('GET', '/a'))
  }
})

test('the earlier registration wins', () => {
  assert.is(found(['/:id', '/new'], '/new')?.[0], '/:id')
  assert.is(found(['/new', '/:id'], '/new')?.[0], '/new')
  assert.is(found(['/*', '/a/:id'], '/a/1')?.[0], '/*')
  assert.is(found(['/:a/b', '/a/:b'], '/a/b')?.[0], '/:a/b')
  assert.is(found(['/:a/b', '/a/:b'], '/a/c')?.[0], '/a/:b')
  assert.is(found(['/:a/b/c', '/a/*'], '/a/b/c')?.[0], '/:a/b/c')
  assert.is(found(['/a:rest', '/ab:rest'], '/abc')?.[0], '/a:rest')
  assert.is(found(['/a:x/1', '/:x/1', '/ab/:y'], '/ab/1')?.[0], '/a:x/1')
  assert.is(found(['/:all(.*)', '/:start(.*)b'], '/ab')?.[0], '/:all(.*)')
  // find-my-way reads the % behind a parameter as %25.
  assert.is(found(['/:x-%b/c', '/a-%25b/:y'], '/a-%2525b/c')?.[0], '/:x-%b/c')
  assert.is(found([/\/\d+/, '/:id'], '/1')?.[0], '/\\/\\d+/')
  assert.is(found([/\/\d+/, '/:id'], '/a')?.[0], '/:id')
  assert.is(found(['/:id', /\/\d+/], '/1')?.[0], '/:id')
  assert.is(found(['/:a/b', /\/a\/.*/, '/a/:b'], '/a/b')?.[0], '/:a/b')
})

// find-my-way refuses the second of two such patterns, as if they were the same.
test('patterns that differ only in an expression stand side by side', () => {
  const paths = ['/:id(^\\d+$)', '/:name(^[a-z]+$)', '/:rest']
  assert.equal(found(paths, '/1'), ['/:id(^\\d+$)', { id: '1' }])
  assert.equal(found(paths, '/a'), ['/:name(^[a-z]+$)', { name: 'a' }])
  assert.equal(found(paths, '/A'), ['/:rest', { rest: 'A' }])
})

test('HEAD is answered by its own route, else by the GET route', () => {
  const router = createRouter(routes('/a', [['HEAD'], '/:x'], '/b/c', [['POST'], '/d']))
  assert.is(router.find('HEAD', '/a')?.target, 'HEAD /:x')
  assert.is(router.find('HEAD', '/b/c')?.target, 'GET /b/c')
  assert.is(router.find('HEAD', '/b/d'), undefined)
  assert.is(router.find('HEAD', '/d/'), undefined)
})

test('allowed names the methods, HEAD after GET', () => {
  const router = createRouter(
    routes([['DELETE', 'GET'], '/a/:id'], [['POST'], '/a/*'], [['PUT'], /\/a\/\d+/], [['OPTIONS'], '/b']),
  )
  assert.equal(router.allowed('/a/1?x'), ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'])
  assert.equal(router.allowed('/a/x/y'), ['POST'])
  assert.equal(router.allowed('/b'), ['OPTIONS'])
  assert.equal(router.allowed('/c'), [])
  assert.is(router.find('PATCH', '/a/1'), undefined)
  assert.is(router.find('__proto__', '/a/1'), undefined)
})

test('routes that cannot be reached are reported', () => {
  assert.equal(shadowedPaths('/a', '/b', '/:id', '/c/*', /\/d/), [])
  assert.equal(shadowedPaths('/a/:id', '/a/:name'), ['/a/:name'])
  assert.equal(shadowedPaths('/:id', '/new'), ['/new'])
  assert.equal(shadowedPaths('/*', '/a/:id', '/b'), ['/a/:id', '/b'])
  assert.equal(shadowedPaths(/\/a%?/, '/a%', '/a'), ['/a%', '/a'])
  assert.equal(shadowedPaths(/\/a/, /\/a/, /\/a/i).map(String), ['/\\/a/'])
  assert.equal(shadowedPaths('/:id?', '/', '/:x'), ['/', '/:x'])
  assert.equal(shadowedPaths('/a', '/a/:id?'), [])
  assert.equal(shadowedPaths('/:id(^\\d+$)', '/12', '/x', '/:n(^\\d+$)'), ['/12', '/:n(^\\d+$)'])
})

test('a route that is shadowed for some methods is reported with those', () => {
  const router = createRouter(routes('/a', [['GET', 'POST'], '/a']))
  assert.equal(router.shadowed, [{ methods: ['GET'], path: '/a', target: 'GET,POST /a' }])
  assert.is(router.find('POST', '/a')?.target, 'GET,POST /a')
  assert.is(router.find('GET', '/a')?.target, 'GET /a')
})

test('an invalid path is refused, also where it could not be reached', () => {
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
      try {
        createRouter(routes(...paths))
        assert.unreachable(path)
      } catch (error) {
        const { code, values } = error as { code: unknown; values: { path: unknown; reason: unknown } }
        assert.is(code, 'ROUTE_INVALID', path)
        assert.is(values.path, path)
        assert.type(values.reason, 'string')
      }
    }
  }
})

test('no name of a param reaches a prototype', () => {
  for (const path of ['/:__proto__/:constructor', /\/(?<__proto__>.*)\/(?<constructor>.*)/]) {
    const params = createRouter(routes(path)).find('GET', '/a/b')?.params ?? {}
    assert.equal(Object.entries(params), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    assert.is(Reflect.get(params, 'toString'), undefined)
    assert.is(Reflect.get({}, 'a'), undefined)
  }
})

test('ten thousand routes are told apart', () => {
  const paths = Array.from(
    { length: 10_000 },
    (_, index) => `/resources/${index}${index % 2 === 0 ? '' : '/:id'}`,
  )
  const router = createRouter(routes(...paths))
  assert.equal(router.shadowed, [])
  for (let index = 0; index < 10_000; index += 999) {
    const match = router.find('GET', `/resources/${index}${index % 2 === 0 ? '' : '/x'}`)
    assert.is(match?.target, `GET ${paths[index]}`)
  }
})

test.run()
