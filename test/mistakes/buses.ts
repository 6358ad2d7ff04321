import { amqp } from 'tomodachi/amqp'
import { conformance } from 'tomodachi/conformance'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { redis } from 'tomodachi/redis'
import { schedule } from 'tomodachi/schedule'
import { snsSqs } from 'tomodachi/sns-sqs'
import type { Mistake } from './mistake.ts'

const bus = memory()
const rabbit = amqp()
const streams = redis()
const aws = snsSqs()
const timer = schedule()

/** Mistakes with message buses and schedules. */
export const busMistakes: readonly Mistake[] = [
  [
    "memory({ nmae: 'bus' })",
    () => memory({ nmae: 'bus' } as never),
    'memory() has no option "nmae"; did you mean "name"?',
  ],
  [
    'memory({ broker: {} })',
    () => memory({ broker: {} as never }),
    'the option memory.broker must be a broker, such as new MemoryBroker(), not an object with no keys',
  ],
  [
    'new MemoryBroker({ clock: Date })',
    () => new MemoryBroker({ clock: Date as never }),
    'the option MemoryBroker.clock must be a clock, such as manualClock(), not a function',
  ],
  [
    'bus.topic()',
    () => bus.topic(undefined as never),
    "the topic must be a name, or what topic('order.created') returns, not undefined",
  ],
  [
    'a topic with concurrency as text',
    () => bus.topic('t', { concurrency: '5' as never }),
    'the option memory.topic.concurrency must be an integer from 1 to 2147483647, or Infinity, not "5"',
  ],
  [
    "a topic with onError: 'ignore'",
    () => bus.topic('t', { onError: 'ignore' as never }),
    'the option memory.topic.onError must be "retry" or "drop", not "ignore"',
  ],
  [
    'a topic with retries',
    () => bus.topic('t', { retries: 3 } as never),
    'memory.topic() has no option "retries"; did you mean "retry"?',
  ],
  [
    "a topic with que: 'orders'",
    () => bus.topic('t', { que: 'orders' } as never),
    'memory.topic() has no option "que"; did you mean "queue"?',
  ],
  [
    'a topic with retry: { attempt: 3 }',
    () => bus.topic('t', { retry: { attempt: 3 } as never }),
    'memory.topic() has no option "retry.attempt"; did you mean "retry.attempts"?',
  ],
  [
    'a backoff of no length',
    () => bus.topic('t', { retry: { backoff: { first: '1 second' as never } } }),
    'the option memory.topic.retry.backoff.first must be a duration up to 3650d, such as 500 (milliseconds), "20s" or "5m", not "1 second"',
  ],
  [
    'a batch without size',
    () => bus.topic('t', { batch: {} as never }),
    'the option memory.topic.batch.size is required: an integer from 1 to 2147483647',
  ],
  [
    'a batch beside orderBy',
    () => bus.topic('t', { batch: { size: 5 }, orderBy: () => 1 }),
    'batch and orderBy cannot be used together; set only one of them',
  ],
  [
    'publish with delay: -1',
    () => bus.publish('t', 1, { delay: -1 }),
    'the option memory.publish.delay must be a duration up to 3650d, such as 500 (milliseconds), "20s" or "5m", not -1',
  ],
  [
    'publish with headers: 5',
    () => bus.publish('t', 1, { headers: 5 as never }),
    'the option memory.publish.headers must be an object of headers by name, not 5',
  ],
  [
    "publish with key: 'a'",
    () => bus.publish('t', 1, { key: 'a' } as never),
    'memory.publish() has no option "key"; it has envelope, headers, delay',
  ],
  [
    "redrive with limit: 'all'",
    () => bus.deadLetterQueues.redrive('q', { limit: 'all' as never }),
    'the option memory.deadLetterQueues.redrive.limit must be an integer from 0 to 2147483647, or Infinity, not "all"',
  ],
  [
    'peek with max: 5',
    () => bus.deadLetterQueues.peek('q', { max: 5 } as never),
    'memory.deadLetterQueues.peek() has no option "max"; it has limit',
  ],
  [
    "amqp({ hots: 'rabbit' })",
    () => amqp({ hots: 'rabbit' } as never),
    'amqp() has no option "hots"; did you mean "host"?',
  ],
  [
    'amqp({ ssl: true })',
    () => amqp({ ssl: true } as never),
    'amqp() has no option "ssl"; did you mean "tls"?',
  ],
  [
    "amqp({ port: '5672' })",
    () => amqp({ port: '5672' as never }),
    'the option amqp.port must be an integer from 1 to 65535, not "5672"',
  ],
  ['amqp({ password: 5 })', () => amqp({ password: 5 as never }), 'the option amqp.password must be text'],
  [
    "amqp({ heartbeat: '1.5s' })",
    () => amqp({ heartbeat: '1.5s' }),
    'the option amqp.heartbeat must be a duration of whole seconds up to 18h, such as 20000 (milliseconds), "20s" or "5m", not "1.5s"',
  ],
  [
    'an AMQP topic with prefetch',
    () => rabbit.topic('t', { prefetch: 5 } as never),
    'amqp.topic() has no option "prefetch"; did you mean "concurrency"?',
  ],
  [
    "an AMQP publish with priority: 'high'",
    () => rabbit.publish('t', 1, { priority: 'high' as never }),
    'the option amqp.publish.priority must be an integer from 0 to 255, not "high"',
  ],
  [
    "redis({ url: 'localhost' })",
    () => redis({ url: 'localhost' }),
    'the option redis.url must be a URL such as rediss://username:password@host',
  ],
  [
    "redis({ lease: '10ms' })",
    () => redis({ lease: '10ms' }),
    'the option redis.lease must be a duration from 1s to 24d, such as 500 (milliseconds), "20s" or "5m", not "10ms"',
  ],
  [
    "a Redis topic with queu: 'a'",
    () => streams.topic('t', { queu: 'a' } as never),
    'redis.topic() has no option "queu"; did you mean "queue"?',
  ],
  [
    "snsSqs({ region: 'eu-north-1' })",
    () => snsSqs({ region: 'eu-north-1' } as never),
    'snsSqs() has no option "region"; did you mean "regionName"?',
  ],
  [
    "snsSqs({ awsAccessKeyId: 'AKIA' })",
    () => snsSqs({ awsAccessKeyId: 'AKIA' }),
    'awsSecretAccessKey is required together with awsAccessKeyId',
  ],
  [
    'an SQS topic with visibilityTimeout: -1',
    () => aws.topic('t', { visibilityTimeout: -1 }),
    'the option snsSqs.topic.visibilityTimeout must be a duration of whole seconds up to 12h, such as 20000 (milliseconds), "20s" or "5m", not -1',
  ],
  [
    "schedule({ tz: 'UTC' })",
    () => schedule({ tz: 'UTC' } as never),
    'schedule() has no option "tz"; did you mean "timezone"?',
  ],
  [
    "schedule({ timezone: 'Stockholm' })",
    () => schedule({ timezone: 'Stockholm' }),
    'the option schedule.timezone must be a time zone such as Europe/Stockholm, or an offset such as +05:30, not "Stockholm"',
  ],
  [
    'timer.every(5)',
    () => timer.every(5 as never),
    "schedule.every(interval) must be an interval with its unit: write '5s', not 5",
  ],
  [
    "timer.every('5')",
    () => timer.every('5'),
    `schedule.every(interval) must be an interval with its unit: write '5s', not "5"`,
  ],
  [
    "timer.every('biweekly')",
    () => timer.every('biweekly'),
    'schedule.every(interval) must be a duration of at least 1 ms such as "5s" or "90 minutes", a named interval such as "hourly", or a cron expression, not "biweekly"',
  ],
  [
    "timer.cron('* * * *')",
    () => timer.cron('* * * *'),
    'schedule.cron(expression) must be a cron expression of five fields, or of six with seconds first, not "* * * *"',
  ],
  [
    "timer.at('25:00')",
    () => timer.at('25:00'),
    'schedule.at(timestamp) must be a time of the day such as 08:00, or a date with a time such as 2027-01-31 08:00, not "25:00"',
  ],
  [
    "timer.daily({ overlap: 'wait' })",
    () => timer.daily({ overlap: 'wait' as never }),
    'the option schedule.daily.overlap must be "skip", "queue" or "allow", not "wait"',
  ],
  [
    'conformance without test',
    () => conformance({ create: () => ({}) as never } as never),
    'the option conformance.test is required: a function',
  ],
  [
    'conformance with features: { order: false }',
    () => conformance({ create: () => ({}) as never, test: () => {}, features: { order: false } as never }),
    'conformance() has no option "features.order"; did you mean "features.ordered"?',
  ],
]
