// time limit: 120 s
// node: 24 only
// Answers that are not whole, or not those of AWS: cut off, or written by a proxy in between.
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import type { Fault } from '../chaos/aws-proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('answers to SNS+SQS')

const html = { text: '<html><body><h1>Not AWS</h1></body></html>', headers: { 'content-type': 'text/html' } }

const broken: readonly (readonly [string, Fault])[] = [
  ['that is cut off in its body', 'cut'],
  ['that ends too early', { edit: (body) => body.slice(0, -20) }],
  ['that is empty', { edit: () => '' }],
  ['of a proxy: 502 with HTML', { status: 502, ...html }],
  ['of a proxy: 200 with HTML', { status: 200, ...html }],
  ['of a proxy: 200 with HTML that does not say so', { status: 200, text: html.text }],
  ['of a proxy: 302', { status: 302, empty: true, headers: { location: 'http://127.0.0.1/login' } }],
  ['of a proxy: 403 with HTML', { status: 403, ...html }],
  ['of a proxy: 404 with HTML', { status: 404, ...html }],
  ['of a proxy: 407 with text', { status: 407, text: 'Proxy Authentication Required' }],
  ['of a gateway: 403 without a code', { status: 403, text: '{"message":"Forbidden"}' }],
  ['of a proxy: 429 with HTML', { status: 429, ...html }],
  ['with 400 that is cut off', { status: 400, text: '{"__type":"com.amazon' }],
  ['with 503 and nothing', { status: 503, empty: true }],
]

/** Disturbs the first call of each of these operations. */
function once(operations: readonly string[], fault: Fault): Scene['proxy']['fault'] {
  const left = new Set(operations)
  return ({ operation }) => (left.delete(operation) ? fault : undefined)
}

test(
  'publishes and deletes are made again after an answer that is broken',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled = new Set<unknown>()
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.add(data)),
    )
    const operations = ['PublishBatch', 'SendMessageBatch', 'DeleteMessageBatch']
    for (const [name, fault] of broken) {
      scene.proxy.calls.clear()
      scene.proxy.fault = once(operations, fault)
      await Promise.all([bus.publish('t', `published ${name}`), bus.sendMessage('q', `sent ${name}`)])
      await until(() => handled.has(`published ${name}`) && handled.has(`sent ${name}`), name)
      for (const operation of operations) await until(() => scene.proxy.count(operation) > 1, name)
      await until(() => scene.bodies('q').length === 0, name)
    }
  }),
)

test(
  'a start goes on after answers that are broken, and makes no topic that exists',
  inScene(async (scene) => {
    scene.server.createTopic('t', { region: 'eu-west-1' })
    const operations = ['GetQueueUrl', 'CreateQueue', 'GetCallerIdentity', 'GetTopicAttributes', 'Subscribe']
    for (const [place, [name, fault]] of broken.entries()) {
      const bus = scene.bus({ startTimeout: 30_000 })
      scene.proxy.fault = once([operations[place % operations.length] as string], fault)
      const kernel = await scene.start((service) =>
        service.on(bus.topic('t', { queue: `q${place}` }), () => {}),
      )
      assert.is(bus.ready, true, name)
      await kernel.stop()
      assert.is(scene.proxy.count('CreateTopic'), 0, name)
    }
  }),
)

test(
  'of a batch that is too large for a proxy each message goes alone, and one too large is final',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: unknown[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
    )
    for (const status of [413, 414, 431]) {
      scene.proxy.fault = ({ operation, body }) =>
        operation === 'PublishBatch' && body.length > 8_000 ? { status, ...html } : undefined
      const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(3_000))
      await Promise.all(texts.map((text) => bus.publish('t', text)))
      const error = await rejection(bus.publish('t', 'x'.repeat(9_000)))
      assert.is(error.code, 'PUBLISH_REFUSED')
      assert.match(error.message, new RegExp(`with status ${status}, cannot be read`))
    }
    await until(() => handled.length === 9)
  }),
)

test.run()
