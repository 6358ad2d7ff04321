// What topics, requests and publishing take on RabbitMQ; no broker is needed to refuse the rest.
import { inspect } from 'node:util'
import { configureLogging, Kernel, Service, type Source, TomodachiError } from 'tomodachi'
import { type AmqpBus, amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { refusal } from './refusal.ts'

configureLogging({ logger: 'disabled' })

const test = suite('options of topics of RabbitMQ')

test('topics that make no sense are refused where they are written', () => {
  for (const name of ['', 'a*', '#b']) {
    assert.throws(
      () => amqp().topic(name),
      (error: { code: string }) => error.code === 'PATTERN_INVALID',
    )
  }
})

const wrongTopics: readonly [option: string, options: object][] = [
  ['the options of amqp.topic()', []],
  ['amqp.topic.maxPriority', { maxPriority: 0 }],
  ['amqp.topic.maxPriority', { maxPriority: 256 }],
  ['amqp.topic.messageTtl', { messageTtl: -1 }],
  ['amqp.topic.messageTtl', { messageTtl: 0.5 }],
  ['amqp.topic.messageTtl', { messageTtl: 'soon' }],
  ['amqp.topic.messageTtl', { messageTtl: '50d' }],
  ['amqp.topic.queueTtl', { queueTtl: 86_400 }],
  ['amqp.topic.queueTtl', { queueTtl: 0.5 }],
  ['amqp.topic.quorum', { quorum: 1 }],
  ['amqp.topic.arguments', { arguments: 'x-max-length' }],
  ['amqp.topic.arguments', { arguments: [] }],
  ['amqp.topic.queue', { queue: '' }],
  ['amqp.topic.queue', { queue: 'amq.mine' }],
  ['amqp.topic.queue', { queue: 'a\nb' }],
  ['amqp.topic.exchange', { exchange: 1 }],
  ['amqp.topic.exchange', { exchange: '' }],
  ['amqp.topic.deadLetter', { deadLetter: 5 }],
  ['amqp.topic.exchange', { exchange: 'å'.repeat(128) }],
  ['amqp.topic.exchangeType', { exchangeType: 'x-random' }],
  ['amqp.topic.alternateExchange', { alternateExchange: '' }],
  ['amqp.topic.bindingArguments', { bindingArguments: 'x-match' }],
  ['amqp.topic.bindings', { bindings: 'order.*' }],
  ['amqp.topic.bindings[1].exchange', { bindings: [{}, { exchange: 5 }] }],
  ['amqp.topic.bindings[0].key', { bindings: [{ key: 'order.*' }] }],
  ['amqp.topic.exclusive', { exclusive: 'yes' }],
  ['amqp.topic.autoDelete', { autoDelete: 1 }],
  ['amqp.topic.singleActiveConsumer', { singleActiveConsumer: 1 }],
  ['amqp.topic.consumerPriority', { consumerPriority: 0.5 }],
  ['amqp.topic.arguments', { arguments: { 'x-queue-type': 'stream' } }],
  ...[new Map(), new Date(), new (class Own {})(), Buffer.from('a'), Promise.resolve({})].flatMap(
    (value): [string, object][] => [
      ['amqp.topic.arguments', { arguments: value }],
      ['amqp.topic.bindingArguments', { bindingArguments: value }],
      ['amqp.topic.bindings[0].arguments', { bindings: [{ arguments: value }] }],
    ],
  ),
  ['amqp.topic.concurrency', { concurrency: 0 }],
  ['amqp.topic.batch.size', { batch: { size: 0 } }],
  ['amqp.topic.batch.wait', { batch: { size: 2, wait: -1 } }],
  ['amqp.topic.prefetch', { prefetch: 5 }],
  ['amqp.topic.visibilityTimeout', { visibilityTimeout: '5s' }],
]

for (const [option, options] of wrongTopics) {
  test(`${option} of ${inspect(options)} is refused by its name`, () => {
    const error = refusal(options, (given) => amqp().topic('t', given))
    assert.is(error.code, 'OPTION_INVALID')
    assert.is((error.values as { option: string }).option, option)
  })
}

test('a topic of requests takes the options of topics, without batches', () => {
  amqp().requests('t', { queue: 'q', queueTtl: '1h', quorum: true })
  const error = refusal({ batch: { size: 2 } }, (given) => amqp().requests('t', given))
  assert.match(error.message, 'amqp.requests() has no option "batch"')
})

const publishing: readonly [method: 'publish' | 'request', option: string, options: object][] = [
  ['publish', 'priority', { priority: 256 }],
  ['publish', 'mandatory', { mandatory: 'yes' }],
  ['publish', 'exchange', { exchange: 5 }],
  ['publish', 'exchange', { exchange: 'x'.repeat(256) }],
  ['publish', 'expiration', { expiration: 'soon' }],
  ['publish', 'expiration', { expiration: 0.5 }],
  ['publish', 'persistent', { persistent: 1 }],
  ['publish', 'type', { type: 'x'.repeat(256) }],
  ['publish', 'appId', { appId: 7 }],
  ['publish', 'userId', { userId: '' }],
  ['publish', 'messageId', { messageId: 7 }],
  ['publish', 'correlationId', { correlationId: 'a\nb' }],
  ['publish', 'replyTo', { replyTo: null }],
  ['publish', 'timestamp', { timestamp: 1_700_000_000 }],
  ['publish', 'timestamp', { timestamp: new Date(Number.NaN) }],
  ['request', 'correlationId', { correlationId: 'mine' }],
  ['request', 'replyTo', { replyTo: 'mine' }],
  ['publish', 'delay', { delay: '47d' }],
  ['publish', 'delay', { delay: -1 }],
  ['publish', 'headers', { headers: ['a'] }],
  ['publish', 'envelope', { envelope: 'json' }],
  ['publish', 'timeout', { timeout: '1s' }],
  ['request', 'timeout', { timeout: 0 }],
  ['request', 'timeout', { timeout: 'soon' }],
  ['request', 'delay', { delay: '1s' }],
  ['request', 'priority', { priority: -1 }],
]

for (const [method, option, options] of publishing) {
  test(`amqp.${method}.${option} of ${JSON.stringify(options)} is refused by its name`, async () => {
    const error: unknown = await amqp()
      [method]('t', 1, options as never)
      .catch((reason: unknown) => reason)
    assert.instance(error, TomodachiError)
    assert.is((error as TomodachiError).code, 'OPTION_INVALID')
    assert.is(((error as TomodachiError).values as { option: string }).option, `amqp.${method}.${option}`)
  })
}

const long = 'k'.repeat(256)
const unfit: readonly [
  what: string,
  code: string,
  sentence: RegExp,
  start: (bus: AmqpBus) => Source<object, void>,
][] = [
  ['a routing key', 'OPTION_INVALID', /topic .*at most 255 bytes/, (bus) => bus.topic(long)],
  [
    'an encoded routing key',
    'OPTION_INVALID',
    /topic .*at most 255 bytes/,
    (bus) => bus.topic('å'.repeat(40)),
  ],
  [
    'the key of a binding',
    'OPTION_INVALID',
    /bindings.routingKey/,
    (bus) => bus.topic('t', { bindings: [{ routingKey: long }] }),
  ],
  [
    'the name of a queue',
    'OPTION_INVALID',
    /queue .*at most 237 bytes/,
    (bus) => bus.topic('t', { queue: long }),
  ],
  [
    'the name of a dead-letter queue',
    'OPTION_INVALID',
    /deadLetter .*255 bytes/,
    (bus) => bus.topic('t', { deadLetter: long }),
  ],
]

for (const [what, code, sentence, source] of unfit) {
  test(`${what} that is too long for AMQP fails the start with a sentence`, async () => {
    const service = new Service().on(source(amqp()), () => {})
    const error: unknown = await new Kernel([service], { ownsProcess: false })
      .start()
      .catch((reason) => reason)
    assert.is((error as TomodachiError).code, code)
    assert.match((error as Error).message, sentence)
  })
}

for (const option of ['exclusive', 'autoDelete']) {
  test(`a quorum queue cannot have ${option}`, async () => {
    const service = new Service().on(amqp().topic('t', { quorum: true, [option]: true }), () => {})
    const error: unknown = await new Kernel([service], { ownsProcess: false })
      .start()
      .catch((reason) => reason)
    assert.is((error as TomodachiError).code, 'OPTIONS_CONFLICT')
  })
}

test('two handlers of one queue are a conflict that names both', async () => {
  const bus = amqp()
  const service = new Service().on(bus.topic('t'), function one() {}).on(bus.topic('t'), function other() {})
  const error: unknown = await new Kernel([service], { ownsProcess: false }).start().catch((reason) => reason)
  assert.is((error as TomodachiError).code, 'QUEUE_SHARED')
  assert.match((error as Error).message, /one.*other/)
})

test('publishing needs a running bus, and one topic', async () => {
  const codeOf = (work: Promise<void>) =>
    work.then(
      () => '',
      ({ code }) => code,
    )
  assert.is(await codeOf(amqp().publish('t', 1)), 'ADAPTER_NOT_STARTED')
  assert.is(await codeOf(amqp().publish('t.*', 1)), 'TOPIC_WITH_WILDCARD')
})

test.run()
