import { type Kernel, Service } from 'tomodachi'
import { type Deferred, deferred, fakeAdapter, type Sent, turn } from '../fake-adapter.ts'
import { started } from '../started.ts'

export interface Job {
  readonly key?: unknown
  readonly index: number
}

/** A handler whose runs end when the test says so; shows how many run at once, and in which order they began. */
export async function workplace(options: { concurrency?: number; orderBy?: (job: Job) => unknown }) {
  const adapter = fakeAdapter()
  const begun: Job[] = []
  const ends = new Map<number, Deferred>()
  let most = 0
  const service = new Service().on(
    adapter.source<Job>('work'),
    async ({ key, index }) => {
      begun.push({ key, index })
      const end = deferred()
      ends.set(index, end)
      most = Math.max(most, ends.size)
      await end.promise
      ends.delete(index)
    },
    options,
  )
  const kernel: Kernel = await started(service)
  return {
    kernel,
    begun: () => begun.map(({ index }) => index),
    running: () => [...ends.keys()],
    most: () => most,
    send: (index: number, key?: unknown): Sent => adapter.send('work', { index, key }),
    end: async (index: number) => {
      ends.get(index)?.resolve()
      await turn()
    },
  }
}
