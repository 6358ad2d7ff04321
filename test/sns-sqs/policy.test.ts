// node: 24 only
// Which policies of queues let a topic in (IAM user guide, "Policy evaluation logic" and "JSON policy elements").
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console } from './console.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('policies of queues')

const account = '000000000000'
const queueArn = (queue: string) => `arn:aws:sqs:eu-west-1:${account}:${queue}`
const topicArn = (topic: string) => `arn:aws:sns:eu-west-1:${account}:${topic}`

/** A statement that lets the topic `t` send to the queue `q`, but for what is given. */
function statement(queue: string, given: object = {}) {
  return {
    Sid: 'theirs',
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn(queue),
    Condition: { ArnLike: { 'aws:SourceArn': topicArn('t') } },
    ...given,
  }
}

/** A statement without these elements. */
function without(queue: string, elements: readonly string[], given: object) {
  const kept = Object.entries(statement(queue)).filter(([name]) => !elements.includes(name))
  return { ...Object.fromEntries(kept), ...given }
}

const root = { AWS: `arn:aws:iam::${account}:root` }
type Statement = (queue: string) => object

/** Statements that let the topic in: nothing is to be added. */
const allowing: Readonly<Record<string, Statement>> = {
  'the service': (q) => statement(q),
  'a list of services': (q) =>
    statement(q, { Principal: { Service: ['events.amazonaws.com', 'sns.amazonaws.com'] } }),
  everybody: (q) => statement(q, { Principal: '*' }),
  'everybody as AWS': (q) => statement(q, { Principal: { AWS: '*' } }),
  'everybody in a list': (q) => statement(q, { Principal: { AWS: [root.AWS, '*'] } }),
  'everybody but root': (q) => without(q, ['Principal'], { NotPrincipal: root }),
  'every action': (q) => statement(q, { Action: '*' }),
  'every action of SQS': (q) => statement(q, { Action: 'SQS:*' }),
  'actions by their beginning': (q) => statement(q, { Action: ['sqs:Get*', 'sqs:send*'] }),
  'an action with a question mark': (q) => statement(q, { Action: 'sqs:SendMessag?' }),
  'all actions but others': (q) => without(q, ['Action'], { NotAction: ['sqs:Delete*', 'sns:*'] }),
  'every queue of the account': (q) => statement(q, { Resource: `arn:aws:sqs:*:${account}:*` }),
  'all queues but another': (q) => without(q, ['Resource'], { NotResource: queueArn('other') }),
  'no condition': (q) => statement(q, { Condition: {} }),
  'topics by their beginning': (q) =>
    statement(q, { Condition: { ArnEquals: { 'AWS:SourceArn': `arn:aws:sns:*:${account}:*` } } }),
  'the topic among others': (q) =>
    statement(q, { Condition: { StringEquals: { 'aws:SourceArn': ['x', topicArn('t')] } } }),
  'the account and TLS': (q) =>
    statement(q, {
      Condition: {
        StringEqualsIfExists: { 'aws:SourceAccount': account },
        Bool: { 'aws:SecureTransport': true },
        ArnNotLike: { 'aws:SourceArn': topicArn('other') },
      },
    }),
}

/** Statements that do not let the topic in, or may not: one of ours is to stand beside them. */
const other: Readonly<Record<string, Statement>> = {
  "the console's default: root may do all": (q) =>
    without(q, ['Condition'], { Principal: root, Action: 'SQS:*' }),
  'an account': (q) => statement(q, { Principal: { AWS: account } }),
  'another service': (q) => statement(q, { Principal: { Service: 'events.amazonaws.com' } }),
  'everybody but SNS': (q) => without(q, ['Principal'], { NotPrincipal: { Service: 'sns.amazonaws.com' } }),
  'nobody said': (q) => without(q, ['Principal'], {}),
  'another action': (q) => statement(q, { Action: ['sqs:ReceiveMessage', 'sqs:SendMessageBatch'] }),
  'all actions but sending': (q) => without(q, ['Action'], { NotAction: 'sqs:send*' }),
  'another queue': (q) => statement(q, { Resource: queueArn(`${q}-other`) }),
  'all queues but this': (q) => without(q, ['Resource'], { NotResource: queueArn(q) }),
  'another topic': (q) => statement(q, { Condition: { ArnEquals: { 'aws:SourceArn': topicArn('tt') } } }),
  'a wildcard where none is read': (q) =>
    statement(q, { Condition: { StringEquals: { 'aws:SourceArn': topicArn('*') } } }),
  'all topics but this': (q) =>
    statement(q, { Condition: { ArnNotEquals: { 'aws:SourceArn': topicArn('t') } } }),
  'another account': (q) =>
    statement(q, { Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } } }),
  'one condition of two': (q) =>
    statement(q, {
      Condition: {
        ArnEquals: { 'aws:SourceArn': topicArn('t') },
        IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
      },
    }),
  'a denial': (q) =>
    statement(q, { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
}

/** Starts a consumer of the topic `t` in each queue, whose policies have these statements. Resolves with the policies. */
async function policiesAfter(scene: Scene, statements: readonly Statement[]): Promise<readonly Policy[]> {
  const { queue, queueWith } = console(scene)
  const names = statements.map((_, place) => `q${place}`)
  for (const [place, name] of names.entries())
    await queueWith(name, { Version: '2012-10-17', Id: 'mine', Statement: [statements[place]?.(name)] })
  const bus = scene.bus()
  await scene.start((service) => {
    for (const name of names) service.on(bus.topic('t', { queue: name }), () => {}, { name })
  })
  return Promise.all(names.map(async (name) => JSON.parse((await queue(name)).Policy ?? '{}')))
}

interface Policy {
  readonly Id: string
  readonly Statement: readonly { readonly Sid: string; readonly Principal?: unknown }[]
}

test(
  'a policy that lets the topic in stays as it is, whatever the words for it',
  inScene(async (scene) => {
    const policies = await policiesAfter(scene, Object.values(allowing))
    const changed = Object.keys(allowing).filter((_, place) => policies[place]?.Statement.length !== 1)
    assert.equal(changed, [])
    assert.is(scene.proxy.count('SetQueueAttributes'), 0)
  }),
)

test(
  'a policy that does not let the topic in keeps its statement, and gets one of ours beside it',
  inScene(async (scene) => {
    const policies = await policiesAfter(scene, Object.values(other))
    const wrong = Object.keys(other).filter((_, place) => {
      const { Id, Statement = [] } = policies[place] ?? {}
      return Id !== 'mine' || Statement.length !== 2 || Statement[0]?.Sid !== 'theirs'
    })
    assert.equal(wrong, [])
    assert.ok(policies.every(({ Statement }) => Statement[1]?.Principal === '*'))
  }),
)

test(
  'a single statement that is no list is kept as well',
  inScene(async (scene) => {
    const { queue, queueWith } = console(scene)
    await queueWith('q', { Version: '2008-10-17', Statement: statement('q', { Principal: root }) })
    const bus = scene.bus()
    await scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => {}))
    const { Version, Statement } = JSON.parse((await queue('q')).Policy ?? '')
    assert.equal([Version, Statement.length, Statement[0].Principal], ['2008-10-17', 2, root])
  }),
)

test(
  'a denial that applies is told, with its statement, as no other statement can help against it',
  inScene(async (scene) => {
    const records: string[] = []
    const note = (...values: unknown[]) => void records.push(JSON.stringify(values))
    configureLogging({ logger: { debug: note, info: note, warn: note, error: note } })
    try {
      await policiesAfter(scene, [
        (q) => statement(q, { Sid: 'NoTopics', Effect: 'Deny', Principal: '*', Action: 'sqs:*' }),
      ])
      await until(() => records.some((record) => /denies its topic/.test(record) && /NoTopics/.test(record)))
    } finally {
      configureLogging({ logger: 'disabled' })
    }
  }),
)

for (const [name, statements] of [
  ['20 statements', Array.from({ length: 20 }, () => statement('q', { Principal: root }))],
  [
    '8,192 bytes',
    Array.from({ length: 12 }, () => statement('q', { Principal: root, Sid: 'x'.repeat(500) })),
  ],
] as const)
  test(
    `a policy that has no room for one more statement, because of its ${name}, is an error that says so`,
    inScene(async (scene) => {
      const { queue, queueWith } = console(scene)
      const policy = { Version: '2012-10-17', Statement: statements }
      await queueWith('q', policy)
      const bus = scene.bus()
      const error = await rejection(
        scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => {})),
      )
      assert.is(error.code, 'QUEUE_POLICY_FULL')
      assert.match(error.message, /the policy of the queue ".*:q" would have .* SQS allows (20|8192)/)
      assert.equal(JSON.parse((await queue('q')).Policy ?? ''), policy)
    }),
  )

test.run()
