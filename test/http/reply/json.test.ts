import { Service } from 'tomodachi'
import { http, json } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorsIn, logged, serve, stopAll } from '../serving.ts'

const test = suite('json')
test.after.each(stopAll)

const utf8 = 'application/json; charset=utf-8'

for (const [name, value, text] of [
  ['an object', { id: 1, name: 'å' }, '{"id":1,"name":"å"}'],
  ['rows', [{ id: 1 }, { id: 2 }], '[{"id":1},{"id":2}]'],
  ['text', 'hello', '"hello"'],
  ['a number', 42, '42'],
  ['null', null, 'null'],
  ['false', false, 'false'],
  ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ['an object that looks like a reply', { status: 404, body: 'x' }, '{"status":404,"body":"x"}'],
] as const)
  test(`${name} is sent as JSON`, async () => {
    const api = http({ port: 0 })
    await serve(new Service().on(api.get('/'), () => json(value)))
    const { statusCode, headers, body } = await api.inject('/')
    assert.equal([statusCode, headers['content-type'], body], [200, utf8, text])
  })

test('status and headers are those that were given', async () => {
  const api = http({ port: 0 })
  const cookies = new Headers([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ])
  const service = new Service()
    .on(api.get('/made'), () => json({ id: 1 }, { status: 201, headers: { location: '/1' } }))
    .on(api.get('/typed'), () => json({}, { headers: { 'Content-Type': 'application/problem+json' } }))
    .on(api.get('/cookies'), () => json({}, { status: undefined, headers: cookies }))
    .on(api.error(404), () => json({ error: 'nothing here' }))
  await serve(service)
  const made = await api.inject('/made')
  assert.equal([made.statusCode, made.headers.location, made.headers['content-type']], [201, '/1', utf8])
  assert.is((await api.inject('/typed')).headers['content-type'], 'application/problem+json')
  assert.equal((await api.inject('/cookies')).headers['set-cookie'], ['a=1', 'b=2'])
  assert.is((await api.inject('/nowhere')).statusCode, 404)
})

test('what JSON does not show is refused', () => {
  for (const value of [
    undefined,
    () => 1,
    Symbol('x'),
    new Map([[1, 2]]),
    new Set([1]),
    Promise.resolve(1),
    new Error('x'),
  ])
    assert.throws(() => json(value), /json\(value\) must be a value that JSON can show/)
  assert.throws(() => json(1n), /BigInt/)
})

test('a part that a reply does not have is an error', async () => {
  const api = http({ port: 0 })
  await serve(new Service().on(api.get('/'), () => json({}, { code: 201 } as never)))
  const records = logged('error')
  assert.is((await api.inject('/')).statusCode, 500)
  assert.equal(errorsIn(records), ['REPLY_INVALID'])
})

const hint = 'to send JSON, write { body: … } or json(…)'

for (const [name, reply, sentence] of [
  ['a list of rows', [{ id: 1 }], `its status is not a whole number from 200 to 999; ${hint}`],
  ['an empty list', [], hint],
  ['four rows', [{}, {}, {}, {}], hint],
  ['a list of names', ['a', 'b'], hint],
  [
    'a list of numbers',
    [200, 300],
    'its body is a number: send text, bytes, a stream or an object, or use json(…)',
  ],
  ['a row with a status', { status: 'open' }, hint],
] as const)
  test(`${name} is no reply, and the log says how to send it as JSON`, async () => {
    const api = http({ port: 0 })
    await serve(new Service().on(api.get('/'), () => reply as never))
    const records = logged('error')
    assert.is((await api.inject('/')).statusCode, 500)
    assert.equal(errorsIn(records), ['REPLY_INVALID'])
    assert.match(records[0]?.fields.error.message, sentence)
  })

test.run()
