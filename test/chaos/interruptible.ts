import type { MessageBus } from 'tomodachi'
import type { World } from 'tomodachi/conformance'
import { FaultProxy } from './proxy.ts'

/** A broker that a world may end and bring back. */
export interface Restartable {
  /** Ends it, as if the machine had gone down. What it has on disk stays. */
  kill(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
}

/**
 * The world, with buses that reach their broker, which is at `url`, through a proxy each: `makeBus` is given the URL to
 * use instead. With `broker`, the world can restart it too.
 */
export function interruptible(
  url: string,
  world: Omit<World, 'bus'>,
  makeBus: (url: string) => MessageBus,
  broker?: Restartable,
): World {
  const proxies = new Map<MessageBus, FaultProxy>()
  const each = (work: (proxy: FaultProxy) => void | Promise<void>) =>
    Promise.all([...proxies.values()].map(work))
  const cut = (proxy: FaultProxy) => {
    proxy.refuse()
    proxy.reset()
  }
  return {
    ...world,
    async bus() {
      const proxy = await FaultProxy.before(url)
      const through = new URL(url)
      through.hostname = '127.0.0.1'
      through.port = new URL(proxy.url).port
      const bus = makeBus(through.href)
      proxies.set(bus, proxy)
      return bus
    },
    async crash(bus) {
      const proxy = proxies.get(bus)
      if (!proxy) throw new Error('this bus is none of this world')
      cut(proxy)
      proxies.delete(bus)
    },
    async interrupt(how) {
      if (how === 'stall') {
        await each((proxy) => proxy.stall({ all: true }))
        return async () => void (await each((proxy) => proxy.resume()))
      }
      if (how === 'cut') {
        await each(cut)
        return async () => void (await each((proxy) => proxy.listen()))
      }
      if (!broker) throw new Error('this broker cannot be restarted')
      await broker.kill()
      return () => broker.start()
    },
    async close() {
      await world.close()
      await each((proxy) => proxy.close())
    },
  }
}
