import { MemoryBroker, type MemoryOptions, memory } from 'tomodachi/memory'
import type { BusWorld } from '../bus-world.ts'

/** A world on one memory broker. */
export function memoryWorld(): BusWorld {
  const broker = new MemoryBroker()
  const options: MemoryOptions = { broker }
  const onlooker = memory(options)
  return {
    bus: () => memory(options),
    deadLetters: async (queue) => onlooker.deadLetters(queue),
    publishRaw: async (topic, payload) => broker.publish(topic, payload),
    close: async () => {},
  }
}
