import type { BoundQueue, Broker, MessageBusGiving } from '../../kernel/adapter-kit.ts'
import { boundQueues, isA, messageBus } from '../../kernel/adapter-kit.ts'
import { type MessageGiven, TomodachiError } from '../../kernel/index.ts'
import { linkTo } from './link.ts'
import { outgoing, type RedisEntry, type RedisMessage } from './message.ts'
import { type RedisOptions, resolveRedisOptions } from './options.ts'

export type { RedisOptions } from './options.ts'

/**
 * Nothing is fetched while so many messages of a queue wait in the process for their key or their batch: others could
 * handle them, and if the process dies, each has come back once more.
 */
const readAhead = 10

/** What the Redis bus gives to a handler. */
export interface RedisGiven<Data = unknown> extends MessageGiven<Data> {
  /** The topic that the message was published to; useful if the source names a pattern. */
  readonly topic: string
  /** Id of the entry in the stream: `1796007414435-0`. Each retry is a new entry. */
  readonly id: string
}

/** A message bus on Redis streams. `Added` is what its middleware adds. */
export type RedisBus<Added = object> = MessageBusGiving<Pick<RedisGiven, 'topic' | 'id'>, Added>

/**
 * Makes a message bus on the streams of Redis 7 or newer. It needs the package `redis`. Throws `OPTION_INVALID`,
 * `OPTIONS_CONFLICT` and `TLS_INVALID`.
 */
export function redis(options: RedisOptions = {}): RedisBus {
  const resolved = resolveRedisOptions(options)
  const broker: Broker<BoundQueue, RedisEntry, RedisMessage> = {
    transport: 'redis',
    limits: { entries: 100, bytes: 1_000_000, inOrder: () => true },
    fill: (context: { topic: string; id: string }, { topic, id }: RedisGiven) => {
      context.topic = topic
      context.id = id
    },
    plan: boundQueues,
    readAhead,
    connect: (session, queues) => linkTo(resolved, session, queues),
    isPassing: (error) => !isA(error, TomodachiError),
    outgoing,
  }
  return messageBus(broker, resolved, () => ({})) as RedisBus
}
