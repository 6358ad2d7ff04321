import { randomUUID } from 'node:crypto'
import type {
  BoundQueue,
  BrokerSession,
  Consumer,
  DeadLetterItem,
  DeadLetterReader,
  Link,
  Receiver,
  Sending,
} from '../../kernel/adapter-kit.ts'
import { reasonOf, withoutDeadLetterHeaders } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { type Connection, connect, refusal } from './connection.ts'
import { arrivalOf, headersText, type RedisEntry, type RedisMessage, type ReturnedEntry } from './message.ts'
import type { ResolvedOptions } from './options.ts'
import { declare, group, publish, settle, take } from './scripts.ts'

/** How often a consumer looks for messages that others have given back or left behind, in milliseconds. */
const tick = 1_000
/** How long dead letters of a private queue are kept, in milliseconds; only their own instance can find them. */
const deadLetterLife = '86400000'

/** The connection for commands, and what its users share. */
interface Server extends Connection {
  readonly options: ResolvedOptions
  /** Keys of the bindings, and of the routes computed from them. */
  readonly topology: readonly string[]
  /** Key of a queue. Its delayed messages are in `<key>:delayed`, a name that no queue can have. */
  streamOf(queue: string): string
  /** How long a queue lasts without its instance, in milliseconds; 0 for ever. */
  lifeOf(queue: BoundQueue): string
}

/** Opens the connections: one for commands, and one for each queue that is read. */
export async function linkTo(
  options: ResolvedOptions,
  session: BrokerSession,
  queues: readonly BoundQueue[],
) {
  const { prefix, lease } = options
  let link: Link<BoundQueue, RedisEntry, RedisMessage> | undefined
  const server: Server = {
    ...(await connect(options, session.signal, (error) => link && session.lost(link, error))),
    options,
    topology: [`${prefix}:bindings`, `${prefix}:routes`],
    streamOf: (queue) => `${prefix}:${queue}:queue`,
    lifeOf: ({ isOwn }) => String(isOwn ? 300_000 + lease : 0),
  }
  const readings = new Set<Connection>()
  await Promise.all(queues.map((queue) => declareOn(server, queue))).catch((error: unknown) => {
    server.close()
    throw refusal(error, options.server)
  })
  link = {
    async consume(queue, receiver) {
      await declareOn(server, queue)
      const reading = await connect(options, session.signal)
      readings.add(reading)
      const client = String(await reading.call('CLIENT', 'ID'))
      return consumerOf(server, queue, receiver, reading, client, () => readings.delete(reading))
    },
    send: (_, messages) => publishTo(server, messages),
    count: (queue) => server.call('XLEN', server.streamOf(queue)) as Promise<number>,
    async open(queue) {
      const stream = server.streamOf(queue)
      if ((await server.call('EXISTS', stream)) === 0) return undefined
      await server.call('XGROUP', 'CREATE', stream, group, '0').catch(() => {})
      return readerOf(server, stream)
    },
    async close() {
      for (const each of [server, ...readings]) each.close()
    },
  }
  return link
}

async function declareOn(server: Server, queue: BoundQueue): Promise<void> {
  const stream = server.streamOf(queue.name)
  const keys = [...server.topology, stream]
  if (server.options.declare) await server.run(declare, keys, luaPattern(queue.pattern), server.lifeOf(queue))
  else if ((await server.call('EXISTS', stream)) === 0)
    throw new TomodachiError('BROKER_OBJECT_MISSING', { kind: 'queue', name: queue.name })
}

/** Turns a topic pattern into a Lua pattern. It matches topics in which each word stands between the bytes 1 and 2. */
function luaPattern(pattern: string): string {
  const word = (text: string) => (text === '*' ? '[^\x02]*' : text.replace(/\W/g, '%$&'))
  const words = pattern.split('.').map((text) => (text === '#' ? '.*' : `\x01${word(text)}\x02`))
  return `^${words.join('')}$`
}

/** A failure may pass unless the server says that it refuses. */
async function publishTo(server: Server, messages: readonly Sending<RedisMessage>[]): Promise<void> {
  const words = messages.flatMap(({ message }) => message.words)
  const failures = await (server.run(publish, server.topology, ...words) as Promise<Buffer[]>).catch(
    (error: unknown) => {
      if (!isRefusal(reasonOf(error))) throw error
      return messages.map(() => reasonOf(error))
    },
  )
  for (const [place, failure] of failures.entries()) {
    const reason = String(failure)
    const sending = messages[place] as Sending<RedisMessage>
    const topic = sending.message.words[1]
    if (reason === '') sending.confirm()
    else
      sending.fail(
        isRefusal(reason) ? new TomodachiError('PUBLISH_REFUSED', { topic, reason }) : new Error(reason),
      )
  }
}

const isRefusal = (reason: string) => /^(ERR|WRONGTYPE|NOPERM|NOAUTH|user_script)/.test(reason)

/** What a consumer does with a queue. The server knows the consumer by the name `me`. */
function memberOf(server: Server, stream: string, me: string, life: string) {
  const { lease } = server.options
  return {
    /** The next entries to handle, at most `room`, and the milliseconds until more is due, or -1. */
    take: (room: number) =>
      server.run(take, [stream], me, `${room}`, `${lease}`, life) as Promise<[ReturnedEntry[], number]>,
    /** Settles an entry as `what` says. Resolves with whether the consumer still held it. */
    async settle(what: string, entry: string, long = '0', to = stream, ...field: string[]) {
      return (await server.run(settle, [stream, to], me, entry, what, long, ...field)) === 1
    },
    /** How many messages wait that no consumer holds. */
    async waiting() {
      const facts = [server.call('XLEN', stream), server.call('XPENDING', stream, group)]
      const [all, held] = await Promise.all(facts)
      return Number(all) - Number((held as unknown[])[0])
    },
  }
}

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

/**
 * Reads a queue over a connection of its own, which waits there for messages. Settles them over the connection for
 * commands.
 */
function consumerOf(
  server: Server,
  queue: BoundQueue,
  receiver: Receiver<RedisEntry>,
  reading: Connection,
  client: string,
  ended: () => void,
): Consumer<RedisEntry> {
  const { me, lease } = server.options
  const [stream, life] = [server.streamOf(queue.name), server.lifeOf(queue)]
  const member = memberOf(server, stream, me, life)
  let isStopped = false
  let resume = () => {}
  const unblock = () => server.call('CLIENT', 'UNBLOCK', client).catch(() => {})
  async function read(): Promise<void> {
    for (let next = 0; !isStopped; ) {
      const [{ room }, wait] = [receiver, Math.ceil(next - performance.now())]
      if (room < 1) await new Promise<void>((resolve) => (resume = resolve))
      else if (wait < 1) {
        const [taken, due] = await member.take(room)
        for (const entry of taken) receiver.take(arrivalOf(entry))
        next = performance.now() + (due < 0 ? tick : Math.min(due, tick))
      } else {
        const words = ['GROUP', group, me, 'COUNT', `${room}`, 'BLOCK', `${wait}`, 'STREAMS', stream, '>']
        const found = (await reading.call('XREADGROUP', ...words)) as [[Buffer, ReturnedEntry[]]] | null
        for (const entry of found?.[0][1] ?? []) {
          if (String(entry[1][0]) !== 'wake') receiver.take(arrivalOf(entry))
          // Something is due earlier than everything known so far.
          else next = Number(await member.settle('ack', String(entry[0]))) - 1
        }
      }
    }
  }
  const reads = read()
    .catch((error: unknown) => isStopped || receiver.off(error))
    .finally(() => [reading.close(), ended()])
  return {
    // Ends before the server's lease ends.
    lease: 0.75 * lease,
    ...settlementsOf(server, queue, member),
    more: () => resume(),
    look: async () => ({ attached: true, waiting: await member.waiting() }),
    stop() {
      isStopped = true
      resume()
      unblock()
    },
    async close() {
      // A read that had already been sent would still wait.
      const again = setInterval(unblock, 50)
      await reads.finally(() => clearInterval(again))
      // After everything that was given back.
      await server.call('UNLINK', ...(queue.isOwn ? [stream, `${stream}:delayed`] : ['']))
    },
  }
}

interface DeadLetter extends DeadLetterItem {
  readonly entry: string
  readonly topic: string
}

/** Works on a dead-letter queue as an additional consumer, which is removed when it holds no entries. */
function readerOf(server: Server, stream: string): DeadLetterReader<DeadLetter> {
  const member = memberOf(server, stream, `${server.options.me}-${randomUUID()}`, '0')
  const inHand = new Set<string>()
  return {
    async take(most) {
      const [taken] = await member.take(most)
      return taken.map(arrivalOf).map(({ handle, id, topic, payload = '', headers }) => {
        inHand.add(handle.id)
        return { entry: handle.id, id, topic, payload, headers }
      })
    },
    async putBack({ entry, topic, headers }, queue) {
      const to = server.streamOf(queue)
      if ((await server.call('EXISTS', to)) === 0) throw new TomodachiError('PUBLISH_UNROUTABLE', { topic })
      await member.settle('aside', entry, '0', to, 'headers', headersText(withoutDeadLetterHeaders(headers)))
    },
    async ack({ entry }) {
      await member.settle('ack', entry)
      inHand.delete(entry)
    },
    close: async () => void (await Promise.all([...inHand].map((entry) => member.settle('release', entry)))),
  }
}
