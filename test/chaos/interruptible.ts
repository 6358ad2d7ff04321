import type { World } from 'tomodachi/conformance'
import { FaultProxy } from './proxy.ts'

/** A world whose buses reach their broker, which is at `url`, through a proxy: `make` is given the URL to use instead. */
export async function interruptible(
  url: string,
  make: (url: string) => World | Promise<World>,
): Promise<World> {
  const proxy = await FaultProxy.before(url)
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = new URL(proxy.url).port
  const world = await make(through.href)
  return {
    ...world,
    async interrupt(how) {
      if (how === 'stall') {
        proxy.stall({ all: true })
        return async () => proxy.resume()
      }
      proxy.refuse()
      proxy.reset()
      return () => proxy.listen()
    },
    async close() {
      await world.close()
      proxy.close()
    },
  }
}
