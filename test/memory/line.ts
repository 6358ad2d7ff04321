import type { MessageBus } from 'tomodachi'
import type { Interruption, World } from 'tomodachi/conformance'
import { type LineFaults, RemoteBus } from './remote-bus.ts'

/** What stands between the buses of a world and their broker, as a network does. */
export class Line {
  readonly #faults: LineFaults
  readonly #losses = new Map<string, number>()
  readonly #buses = new Map<MessageBus, RemoteBus>()
  #opened: Promise<void> | undefined

  private constructor(faults: LineFaults) {
    this.#faults = faults
  }

  /** Gives the world's buses a line, which the world can interrupt, and processes that can die. */
  static through(
    world: World,
    wrap: (bus: MessageBus) => MessageBus = (bus) => bus,
    faults: LineFaults = {},
  ): World {
    const line = new Line(faults)
    return {
      ...world,
      async bus() {
        const remote = new RemoteBus(await world.bus(), {
          faults,
          losses: line.#losses,
          opened: () => line.#opened,
        })
        const bus = wrap(remote.face)
        line.#buses.set(bus, remote)
        return bus
      },
      crash: async (bus) => line.#buses.get(bus)?.crash(),
      interrupt: (how) => line.#interrupt(how),
    }
  }

  async #interrupt(how: Interruption): Promise<() => Promise<void>> {
    const buses = [...this.#buses.values()]
    let open = () => {}
    this.#opened = new Promise((resolve) => {
      open = resolve
    })
    if (how !== 'stall') for (const bus of buses) await bus.lose('the connection is lost')
    return async () => {
      if (how === 'restart' && this.#faults.forgets) for (const bus of buses) await bus.forget()
      if (how !== 'stall') for (const bus of buses) await bus.attach()
      this.#opened = undefined
      open()
    }
  }
}
