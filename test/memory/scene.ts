import { Kernel, manualClock, Service, type TopicOptions } from 'tomodachi'
import { MemoryBroker, memory } from 'tomodachi/memory'

export interface Handling {
  readonly data: unknown
  readonly attempt: number
  /** On the manual clock, in milliseconds. */
  readonly at: number
}

/** A running handler of the topic `t` in the queue `q`, which notes what it is given and then does as `handle` says. */
export async function scene(options: TopicOptions, handle: (handling: Handling) => unknown = () => {}) {
  const clock = manualClock()
  const broker = new MemoryBroker({ clock })
  const bus = memory({ broker })
  const handled: Handling[] = []
  const service = new Service().on(bus.topic('t', { queue: 'q', ...options }), async ({ data, attempt }) => {
    const handling = { data, attempt, at: clock.now() }
    handled.push(handling)
    await handle(handling)
  })
  const start = () => new Kernel([service], { ownsProcess: false }).start()
  return {
    clock,
    broker,
    bus,
    handled,
    kernel: await start(),
    start,
    times: () => handled.map(({ at }) => at),
    /** Lets time pass, and what then is to be done be done. */
    async pass(milliseconds = 0) {
      await clock.advance(milliseconds)
      for (let turns = 0; turns < 10; turns++) await clock.advance(0)
    },
  }
}
