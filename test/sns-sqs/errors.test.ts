// node: 24 only
import { configureLogging } from 'tomodachi'
import type { SnsSqsOptions } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('errors of SNS+SQS')

const start = (scene: Scene, options: SnsSqsOptions) => {
  const bus = scene.bus(options)
  return rejection(scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => {})))
}

for (const code of ['InvalidClientTokenId', 'SignatureDoesNotMatch', 'ExpiredToken']) {
  test(
    `credentials that are refused with ${code} fail the start at once`,
    inScene(async (scene) => {
      scene.proxy.fault = () => ({ status: 403, code })
      const error = await start(scene, { startTimeout: 60_000 })
      assert.is(error.code, 'CREDENTIALS_REFUSED')
      assert.match(error.message, new RegExp(code))
      assert.not.match(error.message, /test/)
    }),
  )
}

test(
  'an action that is not allowed fails the start at once, and says which',
  inScene(async (scene) => {
    scene.proxy.fault = ({ operation }) =>
      operation === 'CreateQueue' ? { status: 403, code: 'AccessDeniedException' } : undefined
    const error = await start(scene, { startTimeout: 60_000 })
    assert.is(error.code, 'BROKER_REFUSED')
    assert.match(error.message, /the queue q: AccessDeniedException/)
  }),
)

test(
  'an endpoint where nobody is fails the start after a while',
  inScene(async (scene) => {
    const url = 'http://127.0.0.1:1'
    const began = performance.now()
    const error = await start(scene, { endpointUrls: { sns: url, sqs: url }, startTimeout: 1_000 })
    assert.is(error.code, 'BROKER_UNREACHABLE')
    assert.match(error.message, /ECONNREFUSED/)
    assert.ok(performance.now() - began > 400, 'it has not tried again')
  }),
)

test(
  'with declare: false a queue, or a topic, that does not exist fails the start',
  inScene(async (scene) => {
    const error = await start(scene, { declare: false })
    assert.is(error.code, 'BROKER_OBJECT_MISSING')
    assert.match(error.message, /the queue "q" does not exist .* without declare: false the bus creates it$/)
    scene.server.createQueue('q', { region: 'eu-west-1' })
    assert.match(
      (await start(scene, { declare: false })).message,
      /the topic "t" does not exist .* without declare: false the bus creates it$/,
    )
    for (const operation of ['CreateQueue', 'CreateTopic', 'Subscribe', 'SetQueueAttributes'])
      assert.is(scene.proxy.count(operation), 0)
  }),
)

test(
  'a source of a queue that does not exist fails the start, and makes none',
  inScene(async (scene) => {
    const bus = scene.bus()
    const error = await rejection(scene.start((service) => service.on(bus.queue('absent'), () => {})))
    assert.is(error.code, 'BROKER_OBJECT_MISSING')
    assert.match(error.message, /create it there, or check its name$/)
    assert.is(scene.server.inspectQueue('absent'), undefined)
  }),
)

test(
  'sending to a queue that does not exist rejects',
  inScene(async (scene) => {
    const bus = await scene.publisher()
    const queues = ['absent', 'arn:aws:sqs:eu-west-1:000000000000:absent']
    for (const queue of queues) {
      const error = await rejection(bus.sendMessage(queue, 1))
      assert.is(error.code, 'BROKER_OBJECT_MISSING')
      assert.match(error.message, /the queue "absent"/)
    }
  }),
)

test(
  'groups belong to FIFO, and FIFO needs them',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    scene.server.createQueue('q.fifo', { region: 'eu-west-1', attributes: { FifoQueue: 'true' } })
    const bus = await scene.publisher()
    const errors = [
      await rejection(bus.sendMessage('q', 1, { groupId: 'g' })),
      await rejection(bus.sendMessage('q.fifo', 1)),
      await rejection(bus.sendMessage('q.fifo', 1, { groupId: 'g', delay: 1_000 })),
      await rejection(bus.publish('t.fifo', 1)),
    ]
    for (const { code } of errors) assert.is(code, 'OPTION_INVALID')
    assert.match(errors[0]?.message as string, /groupId must be left out because the queue q is not FIFO/)
    assert.match(errors[1]?.message as string, /groupId must be given because the queue q.fifo is FIFO/)
    assert.equal(scene.bodies('q'), [])
  }),
)

test(
  'a body that is no JSON, or nothing that SNS writes, is dead-lettered with its reason',
  inScene(async (scene) => {
    const bodies = ['no JSON', '{"json": "but no message"}', '[1]', '{"Message": 5}']
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = scene.bus()
    let handled = 0
    await scene.start((service) => service.on(bus.queue('q'), () => void handled++))
    for (const body of bodies) scene.server.sendMessage('q', body, { region: 'eu-west-1' })
    await until(() => scene.bodies('q-dead').length === bodies.length)
    assert.equal([...scene.bodies('q-dead')].sort(), [...bodies].sort())
    const [letter] = lettersIn(scene.server, 'q-dead')
    assert.match(String(letter?.headers['x-dead-letter-reason']), /its body is not JSON as SNS/)
    await until(() => scene.bodies('q').length === 0)
    assert.is(handled, 0)
  }),
)

test(
  'what is too large, or empty, is refused before any call',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = await scene.publisher()
    await bus.publish('t', 'the topic is made')
    const noise = Array.from({ length: 60_000 }, () => Math.random().toString(36)).join('')
    const error = await rejection(bus.publish('t', noise))
    assert.is(error.code, 'MESSAGE_TOO_LARGE')
    assert.match(error.message, /262144 are allowed/)
    const attributes = { a: 'x'.repeat(262_144) }
    assert.is(
      (await rejection(bus.publish('t', 1, { messageAttributes: attributes }))).code,
      'MESSAGE_TOO_LARGE',
    )
    const huge = await rejection(bus.sendMessage('q', 1, { bodyFormatter: () => 'x'.repeat(1_048_577) }))
    assert.match(huge.message, /1048576 are allowed/)
    assert.is(
      (await rejection(bus.sendMessage('q', 1, { bodyFormatter: () => '' }))).code,
      'PAYLOAD_UNBUILDABLE',
    )
    assert.equal([scene.proxy.count('PublishBatch'), scene.proxy.count('SendMessageBatch')], [1, 0])
  }),
)

test(
  'SNS cannot delay, and says so',
  inScene(async (scene) => {
    const bus = await scene.publisher()
    const error = await rejection(bus.publish('t', 1, { delay: 5 as 0 }))
    assert.is(error.code, 'OPTION_INVALID')
    assert.match(error.message, /SNS cannot delay/)
  }),
)

test.run()
