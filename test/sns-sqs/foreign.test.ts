// time limit: 120 s
// node: 24 only
// Messages of others, and servers that are not AWS.
import { SNS } from '@aws-sdk/client-sns'
import { configureLogging } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import * as assert from 'uvu/assert'
import type { Fault } from '../chaos/aws-proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { inScene, type Scene, until } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('foreign messages on SNS+SQS')
const region = { region: 'eu-west-1' }

test(
  'a body whose JSON stands behind white space or a byte order mark is read',
  inScene(async (scene) => {
    scene.server.createQueue('q', region)
    const bus = scene.bus()
    const handled = new Set<unknown>()
    await scene.start((service) =>
      service.on(bus.queue('q', { envelope: raw() }), ({ data }) => void handled.add(data)),
    )
    const around = ['\n', ' \t\r\n', '\ufeff', '\ufeff\n ', '']
    for (const [place, before] of around.entries())
      scene.server.sendMessage('q', `${before}{"Message": "${place}"}\n`, region)
    await until(() => handled.size === around.length)
    assert.equal(scene.bodies('q-dead'), [])
  }),
)

test(
  'a payload in JSON behind a byte order mark is read',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: unknown[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', rawMessageDelivery: true }), ({ data }) => {
        handled.push(data)
      }),
    )
    const payload = '{"service": {}, "metadata": {"data_encoding": "raw"}, "data": 5}'
    for (const before of ['\ufeff', '\n', '']) scene.server.sendMessage('q', before + payload, region)
    await until(() => handled.length === 3)
    assert.equal(handled, [5, 5, 5])
  }),
)

/** Subscribes the queue `q` to a topic, as somebody else may do. */
async function subscribed(scene: Scene, topic: string): Promise<void> {
  const sns = new SNS({
    endpoint: `http://127.0.0.1:${scene.server.port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const { TopicArn } = await sns.createTopic({ Name: topic })
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:eu-west-1:000000000000:q' })
  sns.destroy()
}

test(
  'a message of a topic that no handler consumes is dead-lettered with the reason; patterns and queues take theirs',
  inScene(async (scene) => {
    const bus = scene.bus()
    const noted: string[] = []
    const note = (name: string) => (given: { data: unknown; topic: string }) =>
      void noted.push(`${name}: ${given.data} of ${given.topic}`)
    const kernel = await scene.start((service) =>
      service
        .on(bus.topic('a', { queue: 'q' }), note('one'))
        .on(bus.topic('b.*', { queue: 'q' }), note('pattern')),
    )
    await subscribed(scene, 'foreign')
    await subscribed(scene, 'b___2e_late')
    await bus.publish('a', 1)
    await bus.publish('foreign', 2)
    await bus.publish('b.late', 3)
    await until(() => noted.length === 2 && lettersIn(scene.server, 'q-dead').length === 1)
    assert.equal(noted.toSorted(), ['one: 1 of a', 'pattern: 3 of b.late'])
    const [letter] = lettersIn(scene.server, 'q-dead')
    assert.match(
      String(letter?.headers['x-dead-letter-reason']),
      'no handler of the queue q consumes the topic foreign',
    )
    assert.equal(
      (await bus.deadLetterQueues.peek('q-dead')).map(({ topic, queue }) => [topic, queue]),
      [['foreign', 'q']],
    )
    await kernel.stop()
    noted.length = 0
    await scene.start((service) =>
      service.on(bus.topic('a', { queue: 'q' }), note('one')).on(bus.queue('q'), note('queue')),
    )
    await bus.publish('foreign', 4)
    await until(() => noted.length === 1)
    assert.equal(noted, ['queue: 4 of foreign'])
  }),
)

/** Changes what an answer says of each message. */
function saying(change: (attributes: Record<string, string>) => object | undefined): Fault {
  return {
    edit(body) {
      const { Messages = [], ...answer } = JSON.parse(body)
      const changed = Messages.map((message: { readonly Attributes: Record<string, string> }) => {
        return { ...message, Attributes: change(message.Attributes) }
      })
      return JSON.stringify({ ...answer, Messages: changed })
    },
  }
}

for (const [name, fault] of [
  ['without a receive count', saying(({ ApproximateReceiveCount: _, ...others }) => others)],
  ['without anything about it', saying(() => undefined)],
  [
    'with a receive count that never grows',
    saying((attributes) => ({ ...attributes, ApproximateReceiveCount: '1' })),
  ],
  [
    'with a receive count that is no number',
    saying((attributes) => ({ ...attributes, ApproximateReceiveCount: 'many' })),
  ],
] as const) {
  test(
    `a message that is received ${name} is dead-lettered after its attempts`,
    inScene(async (scene) => {
      const attempts: number[] = []
      const bus = scene.bus()
      scene.proxy.fault = ({ operation }) => (operation === 'ReceiveMessage' ? fault : undefined)
      const retry = { attempts: 3, backoff: () => 0 }
      await scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q', retry }), ({ attempt }) => {
          attempts.push(attempt)
          throw new Error('never works')
        }),
      )
      await bus.publish('t', 1)
      await until(() => scene.bodies('q-dead').length === 1)
      assert.equal(attempts, [1, 2, 3])
    }),
  )
}

test(
  'a server that knows only AttributeNames is asked by it',
  inScene(async (scene) => {
    const counts: number[] = []
    const bus = scene.bus()
    scene.proxy.fault = ({ operation, body }) =>
      operation === 'ReceiveMessage' && !JSON.parse(body).AttributeNames ? saying(() => undefined) : undefined
    await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'q', retry: { backoff: () => 0 } }),
        ({ attempt, approximateReceiveCount }) => {
          counts.push(approximateReceiveCount)
          if (attempt < 3) throw new Error('not yet')
        },
      ),
    )
    await bus.publish('t', 1)
    await until(() => counts.length === 3)
    assert.equal(counts, [1, 2, 3])
  }),
)

test.run()
