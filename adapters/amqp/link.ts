import type { BrokerSession, Link } from '../../kernel/adapter-kit.ts'
import { hasCode } from '../../kernel/index.ts'
import { Connections } from './connection/connections.ts'
import { connectionError } from './connection/errors.ts'
import type { ResolvedOptions } from './connection/options.ts'
import { loadCreateConnection } from './connection/rascal.ts'
import { ChannelConsumer } from './consuming/consumer.ts'
import { deadLetterReader } from './consuming/dead-letter-reader.ts'
import type { LinkParts } from './messages/link-parts.ts'
import type { Delivered } from './messages/message.ts'
import type { AmqpMessage } from './messages/outgoing.ts'
import { Publisher } from './publishing/publisher.ts'
import type { Requests } from './publishing/requests.ts'
import { Declarations } from './topology/declarations.ts'
import { exchangesOf } from './topology/exchanges.ts'
import type { AmqpQueue } from './topology/topology.ts'

type AmqpLink = Link<AmqpQueue, Delivered, AmqpMessage>

/**
 * Connects, declares, and opens the channel for publishing. When it rejects, with a `TomodachiError`, it leaves nothing
 * open.
 */
export async function connect(
  session: BrokerSession<AmqpMessage>,
  queues: readonly AmqpQueue[],
  options: ResolvedOptions,
  requests: Requests,
): Promise<AmqpLink> {
  const events = {
    lost: (error: unknown) => session.lost(link, connectionError(error, options)),
    blocked: (isBlocked: boolean) => session.blocked(isBlocked),
    progressed: () => session.progressed(),
  }
  const connections = new Connections(events, options, options.connectionName ?? session.sender().name)
  const exchanges = exchangesOf(queues, options)
  const declarations = new Declarations(connections, options.declare, exchanges)
  const parts = { session, options, connections, declarations }
  const publisher = new Publisher(parts, requests)
  const link = linkOf(parts, publisher)
  const stop = () => connections.lose(new Error('the bus was closed'))
  session.signal.addEventListener('abort', stop)
  try {
    await connections.open(await loadCreateConnection(options.name))
    if (!session.isCheck || !options.declare) await declarations.ensureExchanges()
    // Declare before anything is published, or a message would find no queue. If a queue fails, its consumer reports
    // it.
    if (options.declare) await Promise.allSettled(queues.map((queue) => declarations.ensure(queue)))
    await connections.within(publisher.open())
    connections.settled()
    return link
  } catch (error) {
    await connections.end()
    throw connectionError(error, options)
  } finally {
    session.signal.removeEventListener('abort', stop)
  }
}

function linkOf(parts: LinkParts, publisher: Publisher): AmqpLink {
  const { session, options, connections, declarations } = parts
  async function count(queue: string): Promise<number> {
    try {
      return (await declarations.look(queue)).messageCount
    } catch (error) {
      if (hasCode(error, 'BROKER_OBJECT_MISSING')) return 0
      throw connectionError(error, options)
    }
  }
  return {
    consume: (queue, receiver) => new ChannelConsumer(queue, receiver, parts).open(),
    send: (_, messages) => publisher.send(messages),
    count,
    async open(queue) {
      // A `get` on a quorum queue that has not started yet would end the connection.
      if ((await count(queue)) === 0) return undefined
      const channel = await connections.channel()
      const send = (subject: string, message: AmqpMessage) => session.send(subject, message)
      return deadLetterReader(queue, channel, options, send, () => count(queue))
    },
    close: () => connections.end(),
  }
}
