// time limit: 120 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { editorOf } from './editor.ts'

const test = suite('messages of the compiler')

const begin = `
import { guard, type HandlerContext, type Next, on, Service, topic, use } from 'tomodachi'
import { type HttpRequest, http, json } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { schedule } from 'tomodachi/schedule'
import { websocket } from 'tomodachi/websocket'
import { z } from 'zod'

const api = http()
const ws = websocket(api)
const bus = memory()
const order = topic('order', { schema: z.object({ id: z.number() }) })
const service = new Service()
const auth = async ({ request }: { request: HttpRequest }, next: Next) => next({ user: request.path })
const forgetful = async (_: HandlerContext, next: Next) => { next() }
const kept = async (_: HandlerContext, next: Next) => next()
const byUser = async ({ user }: { user: string }, next: Next) => next({ by: user })
`

const sendJson = 'to send JSON, write { body: … } or json(…)'

const ofMiddleware = 'a middleware returns next() or reply(value)'
const ofGuards = "a guard returns true or undefined to go on, or the reply: condition || [403, 'no']"

/** What newcomers write, and what has to stand in the first line of the first error. */
const mistakes: readonly (readonly [name: string, code: string, message: string])[] = [
  [
    'a reply with a wrong key',
    `service.on(api.get('/'), () => ({ status: 200, data: 1 }))`,
    `a reply has no key "data"; ${sendJson}`,
  ],
  ['a plain object', `service.on(api.get('/'), () => ({ id: 1 }))`, `a reply has no key "id"; ${sendJson}`],
  [
    'a plain object, later, in a block',
    `service.on(api.get('/'), async () => { await 1; return { id: 1 } })`,
    `a reply has no key "id"; ${sendJson}`,
  ],
  [
    'a plain object on one way of two',
    `service.on(api.get('/:id'), ({ params }) => { if (params.id === '') return [404]; return { id: params.id } })`,
    `a reply has no key "id"; ${sendJson}`,
  ],
  [
    'rows',
    `service.on(api.get('/'), async () => [{ id: 1 }, { id: 2 }])`,
    `this array is not a reply; ${sendJson}`,
  ],
  ['a number', `service.on(api.get('/'), () => 42)`, `this is not a reply; ${sendJson}`],
  [
    'a status that is text',
    `service.on(api.get('/'), () => ({ status: '200' }))`,
    `a part of this reply has a wrong type; ${sendJson}`,
  ],
  [
    'a forgotten next',
    `service.on(api.get('/'), () => 'x', { use: [async (_: HandlerContext, next: Next) => { next() }] })`,
    'a middleware returns next() or reply(value)',
  ],
  ['a forgotten next of a handler', `service.on(api.get('/'), () => 'x', { use: forgetful })`, ofMiddleware],
  ['a forgotten next of a transport', 'api.use(forgetful)', ofMiddleware],
  ['a forgotten next in a list of a transport', 'api.use([forgetful])', ofMiddleware],
  [
    'a forgotten next of a bus',
    'bus.use(async ({ attempt }, next) => { if (attempt > 1) next() })',
    ofMiddleware,
  ],
  ['a forgotten next of websockets', 'ws.use(forgetful)', ofMiddleware],
  ['a forgotten next of timers', 'schedule().use(forgetful)', ofMiddleware],
  ['a forgotten next of a service', 'new Service({ use: forgetful })', ofMiddleware],
  ['a forgotten next in a list of a service', 'new Service({ use: [forgetful] })', ofMiddleware],
  ['a forgotten next of use', 'use(forgetful)', ofMiddleware],
  ['a forgotten next of use, later', 'use(kept).use(async (_, next) => { next() })', ofMiddleware],
  [
    'a parameter that the path does not have',
    `service.on(api.get('/orders/:id'), ({ params }) => params.ids)`,
    `Property 'ids' does not exist on type '{ id: string; }'.`,
  ],
  [
    'an option that there is not',
    `service.on(api.get('/'), () => 'x', { parallel: 3 })`,
    `'parallel' does not exist in type`,
  ],
  [
    'data of a wrong type',
    `bus.publish(order, { id: '1' })`,
    `Type 'string' is not assignable to type 'number'.`,
  ],
  [
    'a reply to a message',
    `service.on(bus.topic(order), ({ data }) => data.id)`,
    'nothing is replied here: return no value',
  ],
  [
    'a reply to a tick',
    `service.on(schedule().daily(), async () => 'done')`,
    'nothing is replied here: return no value',
  ],
  [
    'a reply to a connection that is text',
    `service.on(ws.path('/'), () => 'hello')`,
    'this is not a reply; return { message, close }, [message, close] or nothing',
  ],
  [
    'a reply to a connection with a wrong key',
    `service.on(ws.path('/'), () => ({ message() {}, onClose() {} }))`,
    'a reply has no key "onClose"; return { message, close }, [message, close] or nothing',
  ],
  [
    'middleware in the wrong order',
    `service.on(api.get('/'), () => 'x', { use: [byUser, auth] })`,
    'nothing before this middleware adds "user"',
  ],
  [
    'a single middleware that needs another',
    `service.on(api.get('/'), () => 'x', { use: byUser })`,
    'nothing before this middleware adds "user"',
  ],
  [
    'middleware of a transport in the wrong order',
    'api.use([byUser, auth])',
    'nothing before this middleware adds "user"',
  ],
  [
    'a list in a list',
    `service.on(api.get('/'), () => 'x', { use: [[auth], auth] })`,
    'write each middleware itself here: [a, b], not [[a, b]]',
  ],
  [
    'a guard that needs what is not there',
    `service.on(api.get('/'), () => 'x', { use: guard(({ zip }: { zip: string }) => zip === '1' || 'no') })`,
    'nothing before this middleware adds "zip"',
  ],
  [
    'a guard of a transport',
    `api.use(guard(({ request }) => request.headers.authorization === 'x'))`,
    ofGuards,
  ],
  [
    'a guard of a handler',
    `service.on(api.get('/'), () => 'x', { use: guard(({ request }: { request: HttpRequest }) => request.path === 'x') })`,
    ofGuards,
  ],
  [
    'a guard in a list',
    `service.on(api.get('/'), () => 'x', { use: [auth, guard(({ user }: { user: string }) => user === 'x')] })`,
    ofGuards,
  ],
  ['a guard of a bus', `bus.use(guard(({ attempt }) => attempt > 1))`, ofGuards],
  [
    'a guard of a service',
    `new Service({ use: guard(({ log }: HandlerContext) => log.name !== '') })`,
    ofGuards,
  ],
  ['a guard that is async', `bus.use(guard(async ({ attempt }) => attempt > 1))`, ofGuards],
  [
    'a guard in a block',
    `bus.use(guard(({ attempt }) => { if (attempt > 1) return false; return 'no' }))`,
    ofGuards,
  ],
  [
    'a guard that may return null',
    `bus.use(guard(({ attempt }) => (attempt > 1 ? null : undefined)))`,
    ofGuards,
  ],
]

const lines = mistakes.map(([, code]) => code)
const first = begin.split('\n').length
const editor = editorOf(`${begin}${lines.join('\n')}\nexport { json, on, use }\n`)

for (const [index, [name, code, message]] of mistakes.entries())
  test(`${name} is told in the first line`, () => {
    const found = editor.errors().filter(({ line }) => line === first + index)
    assert.match(found[0]?.first.replaceAll('\\"', '"') ?? 'no error', message, code)
  })

test('nothing else is wrong, and each is told at the handler, the option or the value that is', () => {
  const errors = editor.errors()
  assert.equal(
    errors.filter(({ line }) => line < first || line >= first + mistakes.length),
    [],
  )
  for (const { at } of errors) assert.not.match(at, /^service|^new |^bus/)
})

test.run()
