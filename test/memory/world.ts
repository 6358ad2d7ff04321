import type { MessageBus } from 'tomodachi'
import type { World } from 'tomodachi/conformance'
import { MemoryBroker, type MemoryOptions, memory } from 'tomodachi/memory'

/** A world on one memory broker. `wrap` may put a fault around each of its buses. */
export function memoryWorld(wrap: (bus: MessageBus) => MessageBus = (bus) => bus): World {
  const broker = new MemoryBroker()
  const options: MemoryOptions = { broker }
  const onlooker = memory(options)
  return {
    bus: () => wrap(memory(options)),
    deadLetters: async (queue) => onlooker.deadLetters(queue),
    publishRaw: async (topic, payload) => broker.publish(topic, payload),
    close: async () => {},
  }
}
