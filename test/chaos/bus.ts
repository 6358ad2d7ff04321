import type { MessageBus, MessageGiven, Source } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { redis } from 'tomodachi/redis'
import { snsSqs } from 'tomodachi/sns-sqs'

/** What the numbers of a run go over. */
interface Road {
  readonly bus: MessageBus
  readonly numbers: Source<MessageGiven, void>
}

/** The topic of all numbers. */
export const topic = 'chaos'

/** The bus to a broker, by its URL. */
export function roadTo(url: string): Road {
  if (url.startsWith('amqp:')) return overRabbitmq(url)
  return url.startsWith('redis:') ? overRedis(url) : overSnsSqs(url)
}

/** What a killed consumer had in hand comes when its lease is over: the run has to see that. */
function overRedis(url: string): Road {
  const bus = redis({ url, lease: 3_000 })
  return { bus, numbers: bus.topic(topic) }
}

function overRabbitmq(url: string): Road {
  const bus = amqp({ url })
  return { bus, numbers: bus.topic(topic) }
}

/** What is lost on the way shows by its timeouts alone, and these are short: the run has to see their end. */
function overSnsSqs(url: string): Road {
  const bus = snsSqs({
    regionName: 'eu-west-1',
    awsAccessKeyId: 'chaos',
    awsSecretAccessKey: 'chaos',
    endpointUrls: { sns: url, sqs: url },
    waitTime: '1s',
    requestTimeout: 3_000,
    publishWindow: 200,
    // Whoever starts anew does so in the midst of it.
    startTimeout: 300_000,
  })
  // What is received over and over without a fault of its own must not end among the dead letters.
  const retry = { redeliveries: Number.POSITIVE_INFINITY }
  return { bus, numbers: bus.topic(topic, { visibilityTimeout: '5s', concurrency: 300, retry }) }
}
