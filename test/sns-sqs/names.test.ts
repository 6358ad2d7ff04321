// time limit: 180 s
// node: 24 only
// coverage: none
import { readFileSync } from 'node:fs'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { type SnsSqsBus, snsSqs } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console } from './console.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'

interface Fixtures {
  readonly sqs_queue_names: readonly {
    readonly topic: string
    readonly func_name: string
    readonly uuid: string
    readonly competing: boolean
    readonly queue_name_prefix: string
    readonly fifo: boolean
    readonly queue_name: string
  }[]
  readonly sns_topic_encode: readonly {
    readonly in: string
    readonly encoded: string
    readonly decoded: string
  }[]
  readonly sns_topic_names: readonly {
    readonly topic: string
    readonly fifo: boolean
    readonly prefix: string
    readonly wire_name: string
  }[]
  readonly sns_wildcard_regex: readonly { readonly topic: string; readonly regex: string }[]
  readonly sqs_queue_policy: readonly {
    readonly topic_arns: readonly string[]
    readonly options: { readonly wildcard_queue_policy?: string }
    readonly policy: object
  }[]
  readonly validate: readonly { readonly kind: string; readonly name: string; readonly ok: boolean }[]
}

const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/names.json', import.meta.url), 'utf8'),
) as Fixtures

configureLogging({ logger: 'disabled' })

const test = sideBySide('names on SNS+SQS')

/** Runs what is set up for as long as the work takes. */
async function during(setUp: (service: Service) => void, work: () => Promise<void>, bus?: SnsSqsBus) {
  const service = new Service({ adapters: bus ? [bus] : [] })
  setUp(service)
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  try {
    await work()
  } finally {
    await kernel.stop()
  }
}

async function topicNames(scene: Scene): Promise<readonly string[]> {
  const { Topics = [] } = await console(scene).sns.listTopics({})
  return Topics.map(({ TopicArn = '' }) => TopicArn.replace(/^.*:/, '')).sort()
}

for (const {
  topic,
  func_name,
  uuid,
  competing,
  queue_name_prefix,
  fifo,
  queue_name,
} of fixtures.sqs_queue_names) {
  const title = `${topic}, competing ${competing}, prefix "${queue_name_prefix}", ${func_name}`
  test(
    `the queue of ${title} has the name that the Python library gives it`,
    inScene(async (scene) => {
      const bus = scene.bus({ queueNamePrefix: queue_name_prefix })
      const setUp = (service: Service) => {
        service.on(bus.topic(topic, { competing, fifo }), () => {}, { name: func_name })
        Object.assign(service, { uuid })
      }
      await during(setUp, async () =>
        assert.ok(scene.server.inspectQueue(queue_name), `${queue_name} is not there`),
      )
      // That of one instance goes with it.
      assert.is(scene.server.inspectQueue(queue_name) !== undefined, competing)
    }),
  )
}

for (const { in: topic, encoded, decoded } of fixtures.sns_topic_encode) {
  // What is a pattern is not published to; the patterns have tests below.
  if (/[*#]/.test(topic)) continue
  test(
    `the topic ${topic} is ${encoded} in SNS, and arrives as ${decoded}`,
    inScene(async (scene) => {
      const bus = scene.bus()
      const group = topic.endsWith('.fifo') ? { groupId: 'g' } : {}
      await during(
        () => {},
        async () => bus.publish(topic, 'made', group),
        bus,
      )
      assert.equal(await topicNames(scene), [encoded])
      const arrived: string[] = []
      const fifo = topic.endsWith('.fifo')
      const setUp = (service: Service) => {
        service.on(bus.topic('#', { queue: 'all', fifo }), ({ topic }) => void arrived.push(topic))
      }
      await during(setUp, async () => {
        await bus.publish(topic, 'arrives', group)
        await until(() => arrived.length > 0)
      })
      assert.equal(arrived, [decoded])
    }),
  )
}

for (const { topic, fifo, prefix, wire_name } of fixtures.sns_topic_names) {
  test(
    `the topic ${topic} with the prefix "${prefix}", FIFO ${fifo}, is ${wire_name} in SNS`,
    inScene(async (scene) => {
      const bus = scene.bus({ topicPrefix: prefix })
      await during(
        (service) => service.on(bus.topic(topic, { fifo, queue: 'q' }), () => {}),
        async () => assert.equal(await topicNames(scene), [wire_name]),
      )
    }),
  )
}

for (const { topic, regex } of fixtures.sns_wildcard_regex) {
  test(
    `the pattern ${topic} stands for the topics that the Python library takes`,
    inScene(async (scene) => {
      const names = ['test-', 'test-a', 'test-a.b', 'test-a.b.c', 'other', 'a-test-a']
      // More than a page of ListTopics, of which the Python library takes the last one only; in the emulator's order.
      const many = Array.from({ length: 150 }, (_, index) => `test-b${String(index).padStart(3, '0')}`)
      for (const name of [...names.map((name) => name.replaceAll('.', '___2e_')), ...many]) {
        scene.server.createTopic(name, { region: 'eu-west-1' })
      }
      const bus = scene.bus()
      const arns: string[] = []
      await during(
        (service) => service.on(bus.topic(topic, { queue: 'q' }), () => {}),
        async () => {
          for (let NextToken: string | undefined, first = true; first || NextToken; first = false) {
            const page = await console(scene).sns.listSubscriptions(NextToken ? { NextToken } : {})
            arns.push(...(page.Subscriptions ?? []).map(({ TopicArn = '' }) => TopicArn))
            NextToken = page.NextToken
          }
        },
      )
      const all = [...names.map((name) => name.replaceAll('.', '___2e_')), ...many]
      const expected = all.map((name) => `arn:aws:sns:eu-west-1:000000000000:${name}`)
      assert.equal(arns.sort(), expected.filter((arn) => new RegExp(regex).test(arn)).sort())
    }),
  )
}

for (const { topic_arns, options, policy } of fixtures.sqs_queue_policy) {
  test(
    `the policy of a queue of ${topic_arns.join(' and ')}`,
    inScene(async (scene) => {
      const { wildcard_queue_policy: wildcardQueuePolicy } = options
      const bus = scene.bus(wildcardQueuePolicy ? { wildcardQueuePolicy } : {})
      const names = topic_arns.map((arn) => arn.replace(/^.*:/, ''))
      await during(
        (service) => {
          for (const name of names) service.on(bus.topic(name, { queue: 'q' }), () => {})
        },
        async () => {
          const { Policy = '' } = await console(scene).queue('q')
          const written = Policy.replace(/"Sid":"[\da-f-]{36}\d{13}"/, '"Sid":"<uuid4><epoch millis digits>"')
          const expected = JSON.stringify(policy).replaceAll('123456789012', '000000000000')
          assert.equal(JSON.parse(written), JSON.parse(expected))
        },
      )
    }),
  )
}

/** What we do otherwise: topics are encoded before they are looked at, patterns too, and nothing may be empty. */
const otherwise = new Set(['topic a.b', 'topic #', 'topic ', 'queue '])

for (const { kind, name, ok } of fixtures.validate) {
  test(`the ${kind} ${name || '""'} is ${ok ? 'a' : 'no'} name`, () => {
    const full = name.replace(/^xxx\.\.\.\((\d+)\)$/, (_, length: string) => 'x'.repeat(Number(length)))
    const bus = snsSqs()
    const make = () => (kind === 'topic' ? bus.topic(full) : bus.topic('t', { queue: full }))
    if (ok !== otherwise.has(`${kind} ${name}`)) assert.not.throws(make)
    else assert.throws(make, (error: { code?: string }) => error.code === 'OPTION_INVALID')
  })
}

test(
  'a policy that lets the topics in stays as it is, and another statement is kept',
  inScene(async (scene) => {
    const bus = scene.bus()
    const run = (topic: string) =>
      during(
        (service) => service.on(bus.topic(topic, { queue: 'q' }), () => {}),
        async () => {},
      )
    const policy = async () => (await console(scene).queue('q')).Policy ?? ''
    await run('one')
    const first = await policy()
    await run('one')
    assert.is(await policy(), first)
    await run('two')
    const { Statement } = JSON.parse(await policy()) as { readonly Statement: readonly object[] }
    assert.equal(Statement[0], JSON.parse(first).Statement[0])
    assert.is(Statement.length, 2)
  }),
)

test(
  'a queue of another region is refused by its URL, whatever kind of endpoint that names',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = await scene.publisher()
    for (const host of [
      'sqs.us-east-1.amazonaws.com',
      'sqs-fips.us-east-1.amazonaws.com',
      'us-east-1.queue.amazonaws.com',
      'sqs.us-east-1.api.aws',
      'sqs-fips.us-east-1.api.aws',
      'vpce-1a2b3c4d-5e6f.sqs.us-east-1.vpce.amazonaws.com',
      'vpce-1a2b3c4d-5e6f-us-east-1a.sqs.us-east-1.vpce.amazonaws.com',
    ]) {
      const error = await rejection(bus.sendMessage(`https://${host}/000000000000/q`, 'x'))
      assert.is(error.code, 'QUEUE_ELSEWHERE', host)
    }
    await bus.sendMessage('https://vpce-1a.sqs.eu-west-1.vpce.amazonaws.com/000000000000/q', 'x')
    assert.is(scene.bodies('q').length, 1)
  }),
)

test.run()
