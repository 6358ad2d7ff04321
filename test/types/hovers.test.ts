// time limit: 120 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { editorOf } from './editor.ts'

const test = suite('hovers')

const editor = editorOf(`
import { type HandlerContext, type Next, Service, topic } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { schedule } from 'tomodachi/schedule'
import { websocket } from 'tomodachi/websocket'
import { z } from 'zod'

const api = http()
const Order = z.object({ id: z.string().transform(Number), currency: z.string().default('EUR') })
const order = topic('order', { schema: Order })
const session = async (_: HandlerContext, next: Next) => next({ user: 'ada' })
const service = new Service()

service.on(api./*get*/get('/orders/:id/:sub?'), ({ /*params*/params }) => params.id)
service.on(api.get('/orders/:id'), (/*context*/context) => context.params.id)
service.on(api./*post*/post('/orders', { body: Order }), ({ /*body*/body }) => ({ body }))
service.on(api./*put*/put('/orders'), () => {})
service.on(api./*patch*/patch('/orders'), () => {})
service.on(api.get('/orders', { query: z.object({ page: z.coerce.number() }) }), ({ /*query*/query }) => ({ body: query }))
service.on(websocket(api)./*path*/path('/chat/:room'), ({ params: /*room*/room }) => void room)
service.on(amqp()./*topic*/topic(order), ({ /*data*/data }) => void data)
service.on(memory().topic(order, { batch: { size: 10 } }), ({ /*batch*/batch }) => void batch[0]?./*one*/data)
service.on(api.use(session).get('/'), ({ /*user*/user }) => user)
service.on(api.group('/shops/:shop').use(session).get('/:id'), ({ /*grouped*/params: /*below*/below }) => below.shop)
service.on(api.get('/'), (/*added*/all) => all.user, { use: [session] })
service.on(schedule()./*every*/every('5s'), (/*tick*/tick) => void tick)
`)

const common =
  'readonly envelope: Envelope; readonly address: string; readonly service: Service<object>; readonly signal: AbortSignal; readonly log: Logger;'
const plain = (text: string) => text.replace(/\s+/g, ' ')

for (const [name, type] of [
  ['params', '(parameter) params: { id: string; sub?: string; }'],
  ['body', '(parameter) body: { id: number; currency: string; }'],
  ['query', '(parameter) query: { page: number; }'],
  ['room', '(parameter) room: { room: string; }'],
  ['data', '(parameter) data: { id: number; currency: string; }'],
  ['batch', '(parameter) batch: readonly MemoryGiven<{ id: number; currency: string; }>[]'],
  [
    'one',
    '(property) MessageGiven<{ id: number; currency: string; }>.data: { id: number; currency: string; } | undefined',
  ],
  ['user', '(parameter) user: string'],
  ['below', '(parameter) below: { shop: string; id: string; }'],
] as const)
  test(`${name} is shown as a plain type`, () => {
    assert.is(plain(editor.hover(name).type), type)
  })

test('the argument of a handler is shown as one plain object', () => {
  for (const [name, given] of [
    [
      'context',
      'readonly request: HttpRequest; readonly params: { id: string; }; readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;',
    ],
    ['tick', 'readonly firedAt: Date; readonly interval: string;'],
  ] as const) {
    assert.match(plain(editor.hover(name).type), `: { ${common} ${given} }`)
  }
  assert.match(plain(editor.hover('added').type), /readonly query: .*; user: string; \}$/)
  for (const name of ['context', 'tick', 'added', 'params']) assert.not.match(editor.hover(name).type, '&')
  for (const name of ['get', 'post', 'path', 'every'])
    assert.not.match(editor.hover(name).type, /Simplify|Named|& object|Plain/)
})

test('the methods of adapters say what they are for', () => {
  for (const name of ['get', 'post', 'put', 'patch', 'path', 'topic', 'every'])
    assert.ok(editor.hover(name).docs.length > 20, name)
})

test('the program is right', () => {
  assert.equal(editor.errors(), [])
})

test.run()
