// node: 24 only
// Topics and queues that are named by ARN or URL, also those of other regions and accounts.
import { configureLogging, DeadLetter, type Source } from 'tomodachi'
import { type SnsSqsBus, type SnsSqsGiven, snsSqs } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console } from './console.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('addresses on SNS+SQS')
const region = { region: 'eu-west-1' }
const elsewhere = { region: 'us-east-1' }
const topicArn = (topic: string, place = 'eu-west-1:000000000000') => `arn:aws:sns:${place}:${topic}`
const queueArn = (queue: string, place = 'eu-west-1:000000000000') => `arn:aws:sqs:${place}:${queue}`

/** From now on the credentials are those of another account than the one of the emulator. */
function ofAnotherAccount(scene: Scene): void {
  scene.proxy.fault = ({ operation }) =>
    operation === 'GetCallerIdentity'
      ? { edit: (body) => body.replaceAll('000000000000', '999988887777') }
      : undefined
}

type NotingSource = Source<SnsSqsGiven, void>

/** Starts a handler of a source that notes what it is given. */
async function noting(scene: Scene, sourceOf: (bus: SnsSqsBus) => NotingSource) {
  const bus = scene.bus()
  const noted: unknown[] = []
  await scene.start((service) => service.on(sourceOf(bus), ({ data }) => void noted.push(data)))
  return { bus, noted }
}

test(
  'a publish to an ARN goes to that topic; one that does not exist is not created',
  inScene(async (scene) => {
    const { bus, noted } = await noting(scene, (bus) => bus.topic('t', { queue: 'q' }))
    const created = scene.proxy.count('CreateTopic')
    await bus.publish(topicArn('t'), 'x')
    await until(() => noted.length > 0)
    assert.equal(noted, ['x'])
    const error = await rejection(bus.publish(topicArn('absent'), 'x'))
    assert.is(error.code, 'BROKER_OBJECT_MISSING')
    assert.match(error.message, /the topic "arn:aws:sns:eu-west-1:000000000000:absent"/)
    assert.is(scene.proxy.count('CreateTopic'), created)
  }),
)

test(
  'a topic of another account, by its ARN: subscribed and published to, never created or changed',
  inScene(async (scene) => {
    scene.server.createTopic('theirs', region)
    ofAnotherAccount(scene)
    const { bus, noted } = await noting(scene, (bus) => bus.topic(topicArn('theirs'), { queue: 'q' }))
    await bus.publish(topicArn('theirs'), 'x', { topicAttributes: { DisplayName: 'mine' } })
    await until(() => noted.length > 0)
    assert.equal(
      ['CreateTopic', 'SetTopicAttributes'].map((operation) => scene.proxy.count(operation)),
      [0, 0],
    )
    const [statement] = JSON.parse((await console(scene).queue('q')).Policy ?? '').Statement
    assert.is(statement.Condition.ArnEquals['aws:SourceArn'], topicArn('theirs'))
  }),
)

test(
  'the queue of another account is consumed, and not changed',
  inScene(async (scene) => {
    scene.server.createTopic('t', region)
    scene.server.createQueue('theirs', region)
    ofAnotherAccount(scene)
    const { bus, noted } = await noting(scene, (bus) =>
      bus.topic(topicArn('t'), { queue: queueArn('theirs'), visibilityTimeout: '50s' }),
    )
    await bus.publish(topicArn('t'), 'x')
    await until(() => noted.length > 0)
    assert.is(scene.proxy.count('SetQueueAttributes'), 0)
  }),
)

test(
  'a topic of another region is subscribed and published to in its region',
  inScene(async (scene) => {
    scene.server.createTopic('far', elsewhere)
    const regions = new Set<string>()
    scene.proxy.fault = ({ operation, authorization }) => {
      const [, signed = ''] = /\/\d{8}\/([\w-]+)\/sns\//.exec(authorization) ?? []
      if (signed) regions.add(`${operation} in ${signed}`)
      return undefined
    }
    const far = topicArn('far', 'us-east-1:000000000000')
    const { bus, noted } = await noting(scene, (bus) => bus.topic(far, { queue: 'q' }))
    await bus.publish(far, 'x')
    await until(() => noted.length > 0)
    assert.equal([...regions].sort(), ['PublishBatch in us-east-1', 'Subscribe in us-east-1'])
  }),
)

test(
  'topics of several regions on one queue are let in one by one',
  inScene(async (scene) => {
    const arns = [topicArn('t'), topicArn('t', 'us-east-1:000000000000')]
    scene.server.createTopic('t', region)
    scene.server.createTopic('t', elsewhere)
    const bus = scene.bus()
    await scene.start((service) => {
      for (const arn of arns) service.on(bus.topic(arn, { queue: 'q' }), () => {}, { name: arn })
    })
    const [statement] = JSON.parse((await console(scene).queue('q')).Policy ?? '').Statement
    assert.equal(statement.Condition.ArnEquals['aws:SourceArn'], arns)
  }),
)

for (const [what, sourceOf] of [
  ['consumed', (bus: SnsSqsBus) => bus.queue(queueArn('q', 'us-east-1:000000000000'))],
  [
    'consumed, by its URL,',
    (bus: SnsSqsBus) => bus.queue('https://sqs.us-east-1.amazonaws.com/000000000000/q'),
  ],
  [
    'consumed, by its legacy URL,',
    (bus: SnsSqsBus) => bus.queue('https://us-east-1.queue.amazonaws.com/000000000000/q'),
  ],
  [
    'that is to be subscribed',
    (bus: SnsSqsBus) => bus.topic('t', { queue: queueArn('q', 'us-east-1:000000000000') }),
  ],
  [
    'for dead letters',
    (bus: SnsSqsBus) => bus.topic('t', { queue: 'q', deadLetter: queueArn('q', 'us-east-1:000000000000') }),
  ],
] as const)
  test(
    `a queue of another region ${what} is refused at the start, though there is one of its name here`,
    inScene(async (scene) => {
      scene.server.createQueue('q', region)
      const error = await rejection(noting(scene, sourceOf))
      assert.is(error.code, 'QUEUE_ELSEWHERE')
      assert.match(error.message, /is in the region us-east-1, but this bus works in eu-west-1/)
    }),
  )

test(
  'a message to an ARN of another region or account does not reach the queue of that name here',
  inScene(async (scene) => {
    scene.server.createQueue('q', region)
    const bus = await scene.publisher()
    const codes = []
    for (const place of ['us-east-1:000000000000', 'eu-west-1:111122223333'])
      codes.push((await rejection(bus.sendMessage(queueArn('q', place), 'x'))).code)
    assert.equal(codes, ['QUEUE_ELSEWHERE', 'BROKER_OBJECT_MISSING'])
    assert.equal(scene.bodies('q'), [])
  }),
)

test(
  'a queue that handlers name in two ways is refused, as each would get only some of its messages',
  inScene(async (scene) => {
    scene.server.createQueue('q', region)
    const bus = scene.bus()
    const error = await rejection(
      scene.start((service) =>
        service
          .on(bus.topic('one', { queue: 'q' }), () => {}, { name: 'one' })
          .on(bus.topic('two', { queue: queueArn('q') }), () => {}, { name: 'two' }),
      ),
    )
    assert.is(error.code, 'QUEUE_NAMED_TWICE')
  }),
)

test(
  'queues and dead-letter queues by ARN and by URL: messages go there, and come back when they are redriven',
  inScene(async (scene) => {
    const create = (name: string) => scene.server.createQueue(name, region)
    const [q1, d1, q2, d2] = [create('q1'), create('d1'), create('q2'), create('d2')]
    const [q3, d3] = [create('q3'), create('d3')]
    const ways = {
      arn: { queue: q1.queueArn, deadLetter: d1.queueArn },
      url: { queue: q2.queueUrl, deadLetter: d2.queueUrl },
      redrive: { queue: q3.queueArn, deadLetterQueueName: d3.queueUrl, maxReceiveCount: 1 },
    }
    const bus = scene.bus()
    let isBroken = true
    const handled: string[] = []
    await scene.start((service) => {
      for (const [name, options] of Object.entries(ways))
        service.on(
          bus.topic(name, options),
          () => {
            if (isBroken) throw new DeadLetter('not now')
            handled.push(name)
          },
          { name },
        )
    })
    for (const name of Object.keys(ways)) await bus.publish(name, name)
    const waiting = () => ['d1', 'd2', 'd3'].map((queue) => lettersIn(scene.server, queue).length)
    await until(() => waiting().every((count) => count === 1))
    isBroken = false
    const { deadLetterQueues: letters } = bus
    assert.is((await letters.peek(d1.queueUrl))[0]?.queue, q1.queueArn)
    // By the dead-letter queue or by the queue that it belongs to, in any of their names.
    const redriven = [
      await letters.redrive('d1'),
      await letters.redrive(q2.queueArn),
      await letters.redrive('q3'),
    ]
    assert.equal(redriven, [1, 1, 1])
    await until(() => handled.length === 3)
    assert.equal(handled.sort(), ['arn', 'redrive', 'url'])
  }),
)

test(
  'a queue whose dead letters would come back to it, by its ARN, is refused',
  inScene(async (scene) => {
    scene.server.createQueue('q', region)
    const error = await rejection(
      noting(scene, (bus) => bus.topic('t', { queue: 'q', deadLetter: queueArn('q') })),
    )
    assert.is(error.code, 'DEAD_LETTER_LOOP')
  }),
)

test('what is not the ARN of a topic or queue is refused where it is given', () => {
  const bus = snsSqs()
  const makers = [
    () => bus.topic(queueArn('q')),
    () => bus.topic(topicArn('t*')),
    () => bus.topic(topicArn('t'), { fifo: true }),
    () => bus.topic('arn:aws:sns:eu-west-1:t'),
    () => bus.topic('t', { queue: topicArn('t') }),
    () => bus.topic('t', { queue: 'q', deadLetter: topicArn('t') }),
    () => bus.topic('t', { queue: 'q', deadLetterQueueName: 'arn:aws:sqs:q', maxReceiveCount: 2 }),
    () => bus.queue(topicArn('t')),
    () => bus.queue('https://sqs.eu-west-1.amazonaws.com/'),
  ]
  for (const make of makers)
    assert.throws(make, (error: { code?: string }) => error.code === 'OPTION_INVALID', String(make))
})

test.run()
