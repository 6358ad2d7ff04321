import { randomUUID } from 'node:crypto'
import type { DeadLetterItem, DeadLetterReader } from '../../kernel/adapter-kit.ts'
import { withoutDeadLetterHeaders } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { arrivalOf, headersText } from './message.ts'
import { memberOf, type Server } from './server.ts'

interface DeadLetter extends DeadLetterItem {
  readonly entry: string
  readonly topic: string
}

/** Works on a dead-letter queue as an additional consumer, which is removed when it holds no entries. */
export function readerOf(server: Server, stream: string): DeadLetterReader<DeadLetter> {
  const member = memberOf(server, { stream, me: `${server.options.me}-${randomUUID()}` })
  const inHand = new Set<string>()
  /** What this reader has put back: it may be set aside again meanwhile. */
  const copies = new Set<string>()
  const copyOf = ({ id, headers }: DeadLetter) => `${id} ${headers['x-dead-letter-queue']}`
  return {
    async take(most) {
      for (;;) {
        const [taken] = await member.take(most)
        const items = taken.map(arrivalOf).map(({ handle, id, topic, payload = '', headers }) => {
          inHand.add(handle.id)
          return { entry: handle.id, id, topic, payload, headers }
        })
        const others = items.filter((item) => !copies.has(copyOf(item)))
        if (others.length > 0 || items.length === 0) return others
      }
    },
    async putBack(item, queue) {
      const { entry, topic, headers } = item
      copies.add(copyOf(item))
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
