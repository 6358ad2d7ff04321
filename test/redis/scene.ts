import { randomUUID } from 'node:crypto'
import {
  type HandlerContext,
  Kernel,
  type MessageBus,
  type MessageGiven,
  Service,
  type TopicOptions,
} from 'tomodachi'
import { connected, redisWorld } from './world.ts'

export { until } from '../until.ts'

/** A name that no other test has. */
export const unique = (purpose: string): string => `${purpose}-${randomUUID()}`

/** Starts a service that only publishes, or does what `setUp` says. */
export async function started(
  bus: MessageBus,
  setUp: (service: Service) => void = () => {},
): Promise<Kernel> {
  const service = new Service({ name: 'scene', adapters: [bus], drainTimeout: 5_000 })
  setUp(service)
  return new Kernel([service], { ownsProcess: false }).start()
}

/** Starts a service that consumes one topic. */
export function consuming(
  bus: MessageBus,
  topic: string,
  options: TopicOptions,
  handler: (message: HandlerContext & MessageGiven) => unknown,
): Promise<Kernel> {
  return started(bus, (service) => service.on(bus.topic(topic, options), handler as never))
}

/** Has the server answer some commands, as texts. */
export async function ask<Answer>(...words: readonly string[]): Promise<Answer> {
  const client = await connected()
  try {
    return (await client.sendCommand([...words], { typeMapping: {} })) as Answer
  } finally {
    await client.close()
  }
}

/** Facts of each consumer of a queue, by its name. */
export async function consumersOf(
  stream: string,
): Promise<ReadonlyMap<string, { readonly pending: number }>> {
  const all = await ask<unknown[][]>('XINFO', 'CONSUMERS', stream, 'tomodachi')
  return new Map(all.map((facts) => [String(facts[1]), { pending: Number(facts[3]) }]))
}

/** A world, and a bus in it that publishes. */
export async function scene({ lease = 2_000 } = {}) {
  const world = await redisWorld({ lease })
  const publisher = world.bus()
  const kernel = await started(publisher)
  const key = (queue: string) => `${world.prefix}:${queue}:queue`
  const close = async () => {
    await kernel.stop()
    await world.close()
  }
  return { ...world, publisher, key, close }
}
