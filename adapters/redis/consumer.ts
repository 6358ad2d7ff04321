import type { BoundQueue, Consumer, Receiver } from '../../kernel/adapter-kit.ts'
import { arrivalOf, headersText, isWake, type RedisEntry } from './message.ts'
import { luaPattern } from './pattern.ts'
import type { Place } from './reading.ts'
import { memberOf, type Server } from './server.ts'

/** How often a consumer looks for messages that others have given back or left behind, in milliseconds. */
const tick = 1_000
/** How long dead letters of a private queue are kept, in milliseconds; only their own instance can find them. */
const deadLetterLife = '86400000'

/** The ways to settle an entry of a queue. */
function settlementsOf(server: Server, queue: BoundQueue, member: ReturnType<typeof memberOf>) {
  const life = server.lifeOf(queue)
  const dead = [queue.private ? deadLetterLife : '0', server.streamOf(queue.deadLetter), 'headers'] as const
  return {
    ack: async ({ id }) => void (await member.settle('ack', id)),
    release: async ({ id }) => void (await member.settle('release', id)),
    renew: ({ id }) => member.settle('renew', id, life),
    retry: async ({ id }, after, attempt) =>
      void (await member.settle('retry', id, `${Math.ceil(after)}`, undefined, 'attempt', `${attempt}`)),
    setAside: async ({ id, headers }, reasons) =>
      void (await member.settle('aside', id, ...dead, headersText({ ...headers, ...reasons }))),
  } satisfies Partial<Consumer<RedisEntry>>
}

/** Reads a queue at its place. Settles its messages over the connection for commands. */
export function consumerOf(
  server: Server,
  queue: BoundQueue,
  receiver: Receiver<RedisEntry>,
  place: Place,
): Consumer<RedisEntry> {
  const { me, lease } = server.options
  const [stream, life] = [server.streamOf(queue.name), server.lifeOf(queue)]
  const pattern = server.options.declare ? luaPattern(queue.pattern) : ''
  const member = memberOf(server, { stream, me, life, pattern })
  let [isStopped, waiting] = [false, 0]
  let resume = () => {}
  async function read(): Promise<void> {
    for (let next = 0; !isStopped; ) {
      const [{ room }, now] = [receiver, performance.now()]
      if (room < 1) await new Promise<void>((resolve) => (resume = resolve))
      else if (next <= now) {
        const [taken, due] = await member.take(room)
        for (const entry of taken) receiver.take(arrivalOf(entry))
        // Together with the others of its connection.
        const rest = tick - ((performance.now() - place.since) % tick)
        next = performance.now() + (due < 0 ? rest : Math.min(due, rest))
      } else
        for (const entry of await place.read(room, next)) {
          if (!isWake(entry)) receiver.take(arrivalOf(entry))
          // Something is due earlier than everything known so far.
          else next = Number(await member.settle('ack', String(entry[0]))) - 1
        }
    }
  }
  const reads = read()
    .catch((error: unknown) => {
      if (!isStopped) receiver.off(error)
    })
    .finally(place.leave)
  return {
    // Ends before the server's lease ends.
    lease: 0.75 * lease,
    ...settlementsOf(server, queue, member),
    more: () => resume(),
    async look() {
      const before = waiting
      waiting = await member.waiting()
      // What has just come may not have been read.
      return { attached: true, waiting: Math.min(before, waiting) }
    },
    stop() {
      isStopped = true
      resume()
      place.stop()
      return reads
    },
    async close() {
      if (queue.isOwn) await server.call('UNLINK', stream, `${stream}:delayed`)
    },
  }
}
