// What topics, requests and publishing take on RabbitMQ; no broker is needed to refuse the rest.
import { configureLogging, Kernel, Service, TomodachiError } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

configureLogging({ logger: 'disabled' })

const test = suite('options of topics of RabbitMQ')

function refusal(options: object, take: (options: object) => unknown): TomodachiError {
  try {
    take(options)
  } catch (error) {
    assert.instance(error, TomodachiError)
    return error as TomodachiError
  }
  return assert.unreachable(`accepted: ${JSON.stringify(options)}`) as never
}

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
  ['amqp.topic.concurrency', { concurrency: 0 }],
  ['amqp.topic.batch.size', { batch: { size: 0 } }],
  ['amqp.topic.batch.wait', { batch: { size: 2, wait: -1 } }],
  ['amqp.topic.prefetch', { prefetch: 5 }],
  ['amqp.topic.visibilityTimeout', { visibilityTimeout: '5s' }],
]

for (const [option, options] of wrongTopics) {
  test(`${option} of ${JSON.stringify(options)} is refused by its name`, () => {
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
