import { TomodachiError } from '../../errors.ts'
import type { ConsumedQueue } from '../broker/broker.ts'

/** Throws `DEAD_LETTER_LOOP` if messages that cannot be handled would come back to a queue that they were set aside from. */
export function checkDeadLetters(queues: readonly ConsumedQueue[]): void {
  const next = new Map(queues.map(({ name, deadLetter }) => [name, deadLetter]))
  for (const { name } of queues) {
    const way = new Set<string>()
    let at: string | undefined = name
    for (; at !== undefined && !way.has(at); at = next.get(at)) way.add(at)
    if (at === name)
      throw new TomodachiError('DEAD_LETTER_LOOP', {
        way: [...way, name].map((queue) => `"${queue}"`).join(' → '),
      })
  }
}
