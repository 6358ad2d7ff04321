import type { BoundQueue, BrokerSession, Link, Receiver } from '../../kernel/adapter-kit.ts'
import { reasonOf } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { answered, connect, refusal } from './connection.ts'
import { consumerOf } from './consumer.ts'
import { readerOf } from './dead-letters.ts'
import type { RedisEntry, RedisMessage } from './message.ts'
import type { ResolvedOptions } from './options.ts'
import { luaPattern } from './pattern.ts'
import { publisherOn } from './publishing.ts'
import { Reading, sharing } from './reading.ts'
import { declare, group } from './scripts.ts'
import { type Server, takingBy } from './server.ts'
import { inspectServer } from './server-facts.ts'

/** Opens the connections: one for commands, and those over which queues are read. */
export async function linkTo(
  options: ResolvedOptions,
  session: BrokerSession,
  queues: readonly BoundQueue[],
) {
  const { prefix, lease } = options
  let link: Link<BoundQueue, RedisEntry, RedisMessage> | undefined
  const connection = await connect(options, session.signal, (error) => link && session.lost(link, error))
  const topology = [`${prefix}:bindings`, `${prefix}:routes`]
  const server: Server = {
    ...connection,
    options,
    topology,
    take: takingBy(connection, topology, lease),
    streamOf: (queue) => `${prefix}:${queue}:queue`,
    lifeOf: ({ isOwn }) => String(isOwn ? 300_000 + lease : 0),
  }
  const readings = new Set<Reading>()
  const together = sharing(queues.length)
  let longest: number
  try {
    longest = await answered(inspectServer(server, options.server, session.log))
    await Promise.all(queues.map((queue) => answered(declareOn(server, queue))))
  } catch (error) {
    server.close()
    throw refusal(error, options.server)
  }
  const readingWithPlace = () => [...readings].find(({ size }) => size < together) ?? newReading()
  function newReading(): Reading {
    const open = (lost: () => void) => connect(options, session.signal, lost)
    const reading = new Reading(server, open, () => readings.delete(reading))
    readings.add(reading)
    return reading
  }
  async function consume(queue: BoundQueue, receiver: Receiver<RedisEntry>) {
    await answered(declareOn(server, queue))
    const place = await readingWithPlace().join(server.streamOf(queue.name))
    return consumerOf(server, queue, receiver, place)
  }
  link = {
    consume: (queue, receiver) =>
      consume(queue, receiver).catch((error: unknown) => {
        throw refusal(error, options.server)
      }),
    send: publisherOn(server, longest, session.log),
    count: (queue) => server.call('XLEN', server.streamOf(queue)) as Promise<number>,
    async open(queue) {
      const stream = server.streamOf(queue)
      if ((await server.call('EXISTS', stream)) === 0) return undefined
      await server.call('XGROUP', 'CREATE', stream, group, '0').catch(() => {})
      return readerOf(server, stream)
    },
    async close() {
      server.close()
      await Promise.all([...readings].map((reading) => reading.close()))
    },
  }
  return link
}

async function declareOn(server: Server, queue: BoundQueue): Promise<void> {
  const stream = server.streamOf(queue.name)
  const keys = [...server.topology, stream]
  if (server.options.declare) await server.run(declare, keys, luaPattern(queue.pattern), server.lifeOf(queue))
  else
    await server.call('XPENDING', stream, group).catch((error: unknown) => {
      if (!reasonOf(error).startsWith('NOGROUP')) throw error
      const values = { kind: 'queue', name: queue.name, without: 'declare: false' }
      throw new TomodachiError('BROKER_OBJECT_MISSING', values, { cause: error })
    })
}
