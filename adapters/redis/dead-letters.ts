import { randomUUID } from 'node:crypto'
import type { DeadLetterItem, DeadLetterReader } from '../../kernel/adapter-kit.ts'
import { withoutDeadLetterHeaders } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { arrivalOf, headersText } from './message.ts'
import { memberOf, type Server } from './server.ts'

interface DeadLetter extends DeadLetterItem {
  readonly entry: string
  readonly id: string
  readonly topic: string
}

/** Works on a dead-letter queue as an additional consumer, which is removed when it holds no entries. */
export function readerOf(server: Server, stream: string): DeadLetterReader<DeadLetter> {
  const member = memberOf(server, { stream, me: `${server.options.me}-${randomUUID()}` })
  const inHand = new Set<string>()
  // Each queue of a topic has a copy with the same id.
  const copyIn = (queue: unknown, id: string) => `${id} ${queue}`
  return {
    async take(most) {
      const [taken] = await member.take(most)
      return taken.map(arrivalOf).map(({ handle, id, topic, payload = '', headers }) => {
        inHand.add(handle.id)
        const copies = [copyIn(headers['x-dead-letter-queue'], id)]
        return { entry: handle.id, id, topic, payload, headers, copies }
      })
    },
    async putBack({ entry, id, topic, headers }, queue) {
      const to = server.streamOf(queue)
      if ((await server.call('EXISTS', to)) === 0) throw new TomodachiError('PUBLISH_UNROUTABLE', { topic })
      await member.settle('aside', entry, '0', to, 'headers', headersText(withoutDeadLetterHeaders(headers)))
      return copyIn(queue, id)
    },
    async ack({ entry }) {
      await member.settle('ack', entry)
      inHand.delete(entry)
    },
    close: async () => void (await Promise.all([...inHand].map((entry) => member.settle('release', entry)))),
  }
}
