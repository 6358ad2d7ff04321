import { type AnyMiddleware, Service, type Settlement, type Source } from 'tomodachi'
import { fakeAdapter } from './fake-adapter.ts'
import { started } from './started.ts'

/** Sends one delivery through a service with one handler; how it ended. */
export async function through(
  build: (service: Service, source: Source<{ readonly id: number }>) => Service<unknown>,
  level: { readonly transport?: readonly AnyMiddleware[] } = {},
): Promise<Settlement> {
  const adapter = fakeAdapter()
  const source = adapter.source<{ readonly id: number }>('work', { use: level.transport ?? [] })
  const kernel = await started(build(new Service(), source))
  const settlement = await adapter.send('work', { id: 7 }).settled
  await kernel.stop()
  return settlement
}

/** The settlement of a delivery that was handled, with this reply. */
export const acked = (value: unknown) => ({ state: 'acked', reply: value }) as const
