import type { MessageBus } from 'tomodachi'
import type { World } from 'tomodachi/conformance'

/** What stands between the buses of a world and their broker, as a network does. */
export class Line {
  #isCut = false
  #restored: Promise<void> = Promise.resolve()
  #restore = () => {}

  /** Gives the world's buses a line, which the world can interrupt. */
  static through(world: World, wrap: (bus: MessageBus) => MessageBus): World {
    const line = new Line()
    return {
      ...world,
      bus: () => wrap(line.#lengthened(world.bus())),
      async interrupt(how) {
        line.#isCut = how === 'cut'
        line.#restored = new Promise((resolve) => {
          line.#restore = resolve
        })
        return async () => {
          line.#isCut = false
          line.#restore()
        }
      },
    }
  }

  #lengthened(bus: MessageBus): MessageBus {
    const line = this
    const { origin: _, ...intact } = bus
    const publish = async (...message: Parameters<MessageBus['publish']>) => {
      await line.#restored
      await bus.publish(...message)
    }
    let isStarted = false
    const remote: MessageBus = {
      ...intact,
      get ready() {
        return isStarted && !line.#isCut
      },
      topic: ((...asked: Parameters<MessageBus['topic']>) => ({
        ...bus.topic(...asked),
        adapter: remote,
      })) as MessageBus['topic'],
      publish: publish as MessageBus['publish'],
      async start(given) {
        await bus.start(given)
        isStarted = true
      },
      async close() {
        isStarted = false
        await bus.close()
      },
    }
    return remote
  }
}
