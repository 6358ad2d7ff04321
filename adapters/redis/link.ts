import type { BoundQueue, BrokerSession, Link, Receiver } from '../../kernel/adapter-kit.ts'
import { reasonOf } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { answered, type Connection, connect, refusal } from './connection.ts'
import { consumerOf } from './consumer.ts'
import { readerOf } from './dead-letters.ts'
import type { RedisEntry, RedisMessage } from './message.ts'
import type { ResolvedOptions } from './options.ts'
import { luaPattern } from './pattern.ts'
import { publisherOn } from './publishing.ts'
import { declare, group } from './scripts.ts'
import type { Server } from './server.ts'
import { inspectServer } from './server-facts.ts'

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
  let longest: number
  try {
    longest = await answered(inspectServer(server, options.server, session.log))
    await Promise.all(queues.map((queue) => answered(declareOn(server, queue))))
  } catch (error) {
    server.close()
    throw refusal(error, options.server)
  }
  async function consume(queue: BoundQueue, receiver: Receiver<RedisEntry>) {
    await answered(declareOn(server, queue))
    const reading = await connect(options, session.signal)
    readings.add(reading)
    const ended = () => readings.delete(reading)
    try {
      const client = String(await answered(reading.call('CLIENT', 'ID')))
      return consumerOf(server, queue, receiver, reading, client, ended)
    } catch (error) {
      reading.close()
      ended()
      throw error
    }
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
      for (const each of [server, ...readings]) each.close()
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
