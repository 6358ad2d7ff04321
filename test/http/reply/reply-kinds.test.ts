import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type RawResponse, requestText } from '../raw-client.ts'
import { errorsIn, logged } from '../serving.ts'
import { replying, stopReplying } from './replying.ts'

const kinds = suite('http kinds of replies')
kinds.after.each(stopReplying)

/** What a client gets when a handler of GET / returns this. */
async function answerOf(reply: () => unknown): Promise<RawResponse> {
  const { client } = await replying(reply)
  return client.send(requestText('GET', '/')).response()
}

const abc = new TextEncoder().encode('abc')
const plain = 'text/plain; charset=utf-8'
const form = () => {
  const form = new FormData()
  form.set('name', 'åäö')
  form.set('file', new File(['abc'], 'a.txt', { type: 'text/plain' }))
  return form
}

/** What the web platform sends, its type, its length and its text: `new Response(value)` does the same. */
const platform: readonly (readonly [string, () => object, string, string | undefined, string | RegExp])[] = [
  ['a Blob', () => new Blob(['abc'], { type: 'x/y' }), 'x/y', '3', 'abc'],
  ['a Blob without a type', () => new Blob(['abc']), plain, '3', 'abc'],
  ['an empty Blob', () => new Blob([], { type: 'x/y' }), 'x/y', '0', ''],
  ['a File', () => new File(['a', 'bc'], 'a.txt', { type: 'x/y' }), 'x/y', '3', 'abc'],
  ['a large Blob', () => new Blob(['x'.repeat(1e6)], { type: 'x/y' }), 'x/y', '1000000', /^x{1000000}$/],
  [
    'URLSearchParams',
    () => new URLSearchParams({ a: '1', b: 'å &' }),
    'application/x-www-form-urlencoded;charset=UTF-8',
    '16',
    'a=1&b=%C3%A5+%26',
  ],
  [
    'a FormData',
    form,
    'multipart/form-data; boundary=',
    undefined,
    /name="name"\r\n\r\nåäö\r\n.*filename="a.txt"/s,
  ],
  ['an ArrayBuffer', () => abc.buffer, plain, '3', 'abc'],
  ['a DataView', () => new DataView(abc.buffer, 1), plain, '2', 'bc'],
  ['a Uint16Array', () => new Uint16Array([0x6261]), plain, '2', 'ab'],
  ['a Float64Array', () => new Float64Array(1), plain, '8', '\0'.repeat(8)],
  ['an Int8Array of a part', () => new Int8Array(abc.buffer, 1, 1), plain, '1', 'b'],
  [
    'an object with an async iterator',
    () => ({ [Symbol.asyncIterator]: () => Readable.from(['a', 'bc'])[Symbol.asyncIterator]() }),
    plain,
    undefined,
    'abc',
  ],
]

for (const [name, value, type, length, text] of platform) {
  for (const [place, reply] of [
    ['', value],
    [' as the body', () => ({ body: value() })],
    [' in a tuple', () => [200, value()]],
    [' in a promise', async () => value()],
  ] as const) {
    kinds(`${name}${place} is sent as the web platform sends it`, async () => {
      const response = await answerOf(reply)
      assert.is(response.status, 200)
      assert.match(response.header('content-type') as string, type)
      assert.is(response.header('content-length'), length)
      if (typeof text === 'string') assert.is(response.text, text)
      else assert.match(response.text, text)
    })
  }
}

kinds('the type that a reply names wins, but for the parts of a form', async () => {
  const typed = (body: object) => () => [200, body, { 'content-type': 'a/b' }]
  assert.is((await answerOf(typed(new Blob(['abc'], { type: 'x/y' })))).header('content-type'), 'a/b')
  assert.is((await answerOf(typed(new URLSearchParams('a=1')))).header('content-type'), 'a/b')
  assert.match(
    (await answerOf(typed(form()))).header('content-type') as string,
    'multipart/form-data; boundary=',
  )
})

class Empty {}
class Reply {
  readonly status = 201
  readonly body = 'abc'
}
class Order {
  readonly id = 7
}
class Price {
  toJSON() {
    return { price: 7 }
  }
}
class Left {
  toJSON() {}
}
class Failure extends Error {
  readonly body = 'abc'
}
const withoutPrototype = (fields: object) => Object.assign(Object.create(null), fields)

for (const [name, reply, status, text] of [
  ['an object of a class with the parts of a reply', () => new Reply(), 201, 'abc'],
  ['parts without a prototype', () => withoutPrototype({ body: 'abc' }), 200, 'abc'],
  ['nothing without a prototype', () => withoutPrototype({}), 200, ''],
  ['a body without a prototype', () => ({ body: withoutPrototype({ a: 1 }) }), 200, '{"a":1}'],
  ['an empty body', () => ({ body: {} }), 200, '{}'],
  ['a body of a class with fields', () => ({ body: new Order() }), 200, '{"id":7}'],
  ['a body with toJSON', () => ({ body: new Price() }), 200, '{"price":7}'],
  ['a URL as the body', () => ({ body: new URL('http://a/') }), 200, '"http://a/"'],
] as const) {
  kinds(`${name} is a reply`, async () => {
    const response = await answerOf(reply)
    assert.equal([response.status, response.text], [status, text])
  })
}

function* sync() {
  yield 'a'
}

const hint = 'to send JSON, write { body: … } or json(…)'

/** Objects that are no reply, with what the log says of each; `body` where they are none as a body either. */
const none: readonly (readonly [string, () => unknown, top: string | undefined, body: string | undefined])[] =
  [
    ['a Map', () => new Map([['a', 1]]), 'it is a Map: return', 'its body is a Map, which is empty as JSON'],
    ['a Set', () => new Set([1]), 'it is a Set: return', 'its body is a Set'],
    ['a WeakMap', () => new WeakMap(), 'it is a WeakMap', 'its body is a WeakMap'],
    ['a Date', () => new Date(), 'it is a Date: return', 'its body is a Date'],
    ['an Error', () => new Error('x'), 'it is an error: throw it', 'its body is an Error'],
    [
      'an error with fields of a reply',
      () => new Failure('x'),
      'it is an error: throw it',
      'its body is an Error',
    ],
    ['a RegExp', () => /x/, 'it is a RegExp', 'its body is a RegExp'],
    ['a boxed string', () => Object('abc'), 'it is a String', 'its body is a String'],
    ['a boxed number', () => Object(1), 'it is a Number', 'its body is a Number'],
    ['a boxed boolean', () => Object(true), 'it is a Boolean', 'its body is a Boolean'],
    ['a boxed symbol', () => Object(Symbol('a')), 'it is a Symbol', 'its body is a Symbol'],
    ['a boxed bigint', () => Object(1n), 'it is a BigInt', 'its body is a BigInt'],
    ['an object of a class without fields', () => new Empty(), 'it is an Empty', 'its body is an Empty'],
    ['an object of a class with others', () => new Order(), 'it is an Order', undefined],
    ['an object with toJSON', () => new Price(), 'it is a Price', undefined],
    ['a generator', () => sync(), 'it is a Generator', 'its body is a Generator'],
    ['Headers', () => new Headers({ a: 'b' }), 'it is a Headers', 'its body is a Headers'],
    ['a Request', () => new Request('http://a/'), 'it is a Request', 'its body is a Request'],
    ['a Response as the body', () => ({ body: new Response('a') }), 'its body is a Response', undefined],
    ['a Promise', () => undefined, undefined, undefined],
    ['a symbol', () => Symbol('a'), 'return a string', 'its body is a symbol'],
    ['a bigint', () => 1n, 'return a string', 'its body is a bigint'],
    ['a number', () => 1, 'return a string', 'its body is a number'],
    ['a boolean', () => true, 'return a string', 'its body is a boolean'],
    ['a generator function', () => sync, 'return a string', 'its body is a function'],
    ['a Response of an error', () => Response.error(), 'its status is 0', undefined],
    ['a body that JSON leaves out', () => ({ body: new Left() }), 'that JSON leaves out', undefined],
    [
      'a promise as the body',
      () => ({ body: Promise.resolve(1) }),
      'its body is a Promise: await it',
      undefined,
    ],
    [
      'a foreign key',
      () => ({ body: 'x', foo: 1 }),
      'no key "foo": to send the object as JSON, return { body',
      undefined,
    ],
    ['foreign keys', () => ({ status: 201, id: 1 }), 'a reply has no key "id": to send', undefined],
    ['an object for JSON', () => ({ id: 1, name: 'a' }), 'a reply has no key "id": to send', undefined],
    ['a misspelt key', () => ({ header: {} }), 'a reply has no key "header"', undefined],
    ['a status out of range', () => [99], 'its status is not a whole number from 200 to 999', undefined],
    ['an object of a class', () => new Order(), hint, undefined],
    ['a count', () => 7, hint, 'or use json(…)'],
    ['fields in a list', () => [200, '', [['a', 'b']]], 'its header fields are not an object', undefined],
  ]

for (const [name, value, top, body] of none) {
  for (const [place, reply, sentence] of [
    ['', value, top],
    [' as the body', () => ({ body: value() }), body],
    [' in a tuple', () => [200, value()], body],
  ] as const) {
    if (sentence === undefined) continue
    kinds(`${name}${place} is no reply: 500, and the log says why`, async () => {
      const records = logged()
      assert.is((await answerOf(reply)).status, 500)
      assert.equal(errorsIn(records), ['REPLY_INVALID'])
      const { error } = records.find(({ level }) => level === 'error')?.fields ?? {}
      assert.match(error.message, sentence)
    })
  }
}

for (const [name, reply, sentence] of [
  ['a bigint in JSON', () => ({ body: { a: 1n } }), /BigInt/],
  [
    'a cycle in JSON',
    () => {
      const list: unknown[] = []
      list.push(list)
      return [200, list]
    },
    /circular/,
  ],
  [
    'a toJSON that throws',
    () => ({
      body: {
        toJSON() {
          throw new Error('no JSON')
        },
      },
    }),
    /no JSON/,
  ],
] as const) {
  kinds(`${name} is 500, and the log says why`, async () => {
    const records = logged()
    assert.is((await answerOf(reply)).status, 500)
    assert.match(errorsIn(records)[0] as string, sentence)
  })
}

kinds('Headers are header fields', async () => {
  const headers = new Headers([
    ['x-a', 'b'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['content-type', 'x/y'],
  ])
  const response = await answerOf(() => ({ body: 'abc', headers }))
  assert.equal(
    ['x-a', 'set-cookie', 'content-type'].map((name) => response.header(name)),
    ['b', 'a=1, b=2', 'x/y'],
  )
})

kinds.run()
