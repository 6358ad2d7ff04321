import { Service } from 'tomodachi'
import { type CookieAttributes, deleteCookie, HttpError, http, setCookie } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exchange, requestText } from '../raw-client.ts'
import { ask, failureOf, portOf, serve, stopAll } from '../serving.ts'

const cookies = suite('http cookies')
const api = http({ port: 0 })
const two = { 'Set-Cookie': [setCookie('a', '1', { path: '/' }), setCookie('b', '2', { httpOnly: true })] }
const response = () => {
  const answer = new Response('x')
  for (const cookie of two['Set-Cookie']) answer.headers.append('set-cookie', cookie)
  return answer
}

cookies.before(async () => {
  await serve(
    new Service()
      .on(api.get('/read'), ({ request }) => ({ body: { ...request.cookies } }))
      .on(api.get('/same'), ({ request: { cookies }, request }) => String(cookies === request.cookies))
      .on(api.get('/missing'), ({ request }) => String(request.cookies.toString))
      .on(api.get('/array'), () => [200, 'x', two])
      .on(api.get('/object'), () => ({ body: 'x', headers: two }))
      .on(api.get('/empty'), () => [204, undefined, two])
      .on(api.get('/stream'), async () => [200, new Blob(['x']).stream(), two])
      .on(api.get('/response'), response)
      .on(api.get('/json'), () => [200, { x: 1 }, two])
      .on(api.get('/error'), () => {
        throw new HttpError(403, 'x', { headers: two })
      }),
  )
})

cookies.after(stopAll)

for (const [header, expected] of [
  ['a=1; b=2', { a: '1', b: '2' }],
  ['a=1;b=2;', { a: '1', b: '2' }],
  [' a = 1 ; b="2 3"', { a: '1', b: '2 3' }],
  ['a=1; a=2', { a: '1' }],
  ['a=b=c==', { a: 'b=c==' }],
  ['a=', { a: '' }],
  ['a; =b; ;', {}],
  ['a="; b=""', { a: '"', b: '' }],
  ['a=%20%zz', { a: '%20%zz' }],
  ['__proto__=1; constructor=2', { ['__proto__']: '1', constructor: '2' }],
  ['', {}],
] as const) {
  cookies(`the header ${JSON.stringify(header)} is read`, async () => {
    const { text } = await ask(api, 'GET', '/read', { Cookie: header })
    assert.is(text, JSON.stringify(expected))
  })
}

cookies('several headers are one, and no header is no cookie', async () => {
  const [head, ...rest] = requestText('GET', '/read', { Cookie: 'a=1' }).toString().split('\r\n')
  const { text } = await exchange(portOf(api), Buffer.from([head, 'Cookie: b=2', ...rest].join('\r\n')))
  assert.equal(JSON.parse(text), { a: '1', b: '2' })
  assert.is((await ask(api, 'GET', '/read')).text, '{}')
  assert.is((await ask(api, 'GET', '/same', { Cookie: 'a=1' })).text, 'true')
  assert.is((await ask(api, 'GET', '/missing', { Cookie: 'a=1' })).text, 'undefined')
})

for (const path of ['array', 'object', 'empty', 'stream', 'response', 'json', 'error']) {
  cookies(`two cookies in a reply: ${path}`, async () => {
    const { headers } = await ask(api, 'GET', `/${path}`)
    const set = headers.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value)
    assert.equal(set, ['a=1; Path=/', 'b=2; HttpOnly'])
  })
}

cookies('every attribute has its place', () => {
  const value = setCookie('__Secure-id', 'a/b=c', {
    domain: 'shop.example.com',
    path: '/orders',
    expires: new Date('2030-01-02T03:04:05Z'),
    maxAge: '1m',
    secure: true,
    httpOnly: true,
    sameSite: 'None',
    partitioned: true,
  })
  assert.is(
    value,
    '__Secure-id=a/b=c; Domain=shop.example.com; Path=/orders; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Max-Age=60; Secure; HttpOnly; SameSite=None; Partitioned',
  )
  assert.is(setCookie('a', ''), 'a=')
  assert.is(setCookie('a', '1', { secure: false, path: undefined } as never), 'a=1')
  assert.is(setCookie('__Host-a', '1', { secure: true, path: '/' }), '__Host-a=1; Path=/; Secure')
})

cookies('a cookie is deleted by one that has ended', () => {
  assert.is(deleteCookie('a', { path: '/' }), 'a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0')
})

for (const [option, name, value, attributes] of [
  ['setCookie(name)', '', 'x', {}],
  ['setCookie(name)', 'a b', 'x', {}],
  ['setCookie(name)', 'a=b', 'x', {}],
  ['setCookie(name)', 'a;b', 'x', {}],
  ['setCookie(name)', 'å', 'x', {}],
  ['setCookie(name)', 'a\r\nb', 'x', {}],
  ['setCookie(value)', 'a', 'x y', {}],
  ['setCookie(value)', 'a', 'x;y', {}],
  ['setCookie(value)', 'a', 'x,y', {}],
  ['setCookie(value)', 'a', '"x"', {}],
  ['setCookie(value)', 'a', 'x\\', {}],
  ['setCookie(value)', 'a', 'x\r\nSet-Cookie: b=1', {}],
  ['setCookie(value)', 'a', 'å', {}],
  ['setCookie(value)', 'a', 'x'.repeat(4_096), {}],
  ['setCookie(value)', 'a', 1, {}],
  ['setCookie.domain', 'a', 'x', { domain: 'exa mple.com' }],
  ['setCookie.domain', 'a', 'x', { domain: 'example.com; Secure' }],
  ['setCookie.domain', 'a', 'x', { domain: '-a.com' }],
  ['setCookie.path', 'a', 'x', { path: 'orders' }],
  ['setCookie.path', 'a', 'x', { path: '/; Secure' }],
  ['setCookie.path', 'a', 'x', { path: '/\r\n' }],
  ['setCookie.expires', 'a', 'x', { expires: new Date('never') }],
  ['setCookie.expires', 'a', 'x', { expires: 1 }],
  ['setCookie.maxAge', 'a', 'x', { maxAge: -1 }],
  ['setCookie.maxAge', 'a', 'x', { maxAge: 60 }],
  ['setCookie.maxAge', 'a', 'x', { maxAge: '1.5s' }],
  ['setCookie.maxAge', 'a', 'x', { maxAge: Infinity }],
  ['setCookie.sameSite', 'a', 'x', { sameSite: 'strict' }],
  ['setCookie.httpOnly', 'a', 'x', { httpOnly: 'yes' }],
] as const) {
  cookies(`${option} is refused: ${JSON.stringify([name, value, attributes]).slice(0, 80)}`, async () => {
    const failure = await failureOf(() => setCookie(name, value as string, attributes as CookieAttributes))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.match(failure.message, `${option} must be `)
  })
}

for (const [name, attributes, sentence] of [
  ['a', { httponly: true }, 'setCookie() has no option "httponly"; did you mean "httpOnly"?'],
  ['a', { 'max-age': 1 }, 'setCookie() has no option "max-age"; did you mean "maxAge"?'],
  ['a', { sameSite: 'None' }, 'secure: true is required together with sameSite: "None"'],
  ['a', { partitioned: true }, 'secure: true is required together with partitioned'],
  ['__Secure-a', {}, 'secure: true is required together with the prefix __Secure-'],
  ['__HOST-a', { path: '/' }, 'secure: true is required together with the prefix __HOST-'],
  ['__Host-a', { secure: true }, 'path: "/" is required together with the prefix __Host-'],
  [
    '__Host-a',
    { secure: true, path: '/', domain: 'a.com' },
    'setCookie.domain and the prefix __Host- cannot be used together; set only one of them',
  ],
] as const) {
  cookies(`${sentence}: ${name} ${JSON.stringify(attributes)}`, async () => {
    const failure = await failureOf(() => setCookie(name, 'x', attributes as CookieAttributes))
    assert.is(failure.message, sentence)
  })
}

cookies('Max-Age is in seconds', () => {
  assert.is(setCookie('a', 'b', { maxAge: '30d' }), 'a=b; Max-Age=2592000')
  assert.is(setCookie('a', 'b', { maxAge: 2_000 }), 'a=b; Max-Age=2')
  assert.is(setCookie('a', 'b', { maxAge: 0 }), 'a=b; Max-Age=0')
})

cookies('a refusal does not show the value', async () => {
  const { message } = await failureOf(() => setCookie('session', 'abcdef ghi'))
  assert.not.match(message, 'abcdef')
})

cookies.run()
