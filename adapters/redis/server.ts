import { type BoundQueue, spawn } from '../../kernel/adapter-kit.ts'
import { type Connection, isReadOnly } from './connection.ts'
import type { ReturnedEntry } from './message.ts'
import type { ResolvedOptions } from './options.ts'
import { group, settle, take } from './scripts.ts'

/** The connection for commands, and what its users share. */
export interface Server extends Connection {
  readonly options: ResolvedOptions
  /** Keys of the bindings, and of the routes computed from them. */
  readonly topology: readonly string[]
  /** Key of a queue. Its delayed messages are in `<key>:delayed`, a name that no queue can have. */
  streamOf(queue: string): string
  /** How long a queue lasts without its instance, in milliseconds; 0 for ever. */
  lifeOf(queue: BoundQueue): string
  /** Runs `take` for a stream. `words` are its arguments for each stream. */
  take(stream: string, ...words: string[]): Promise<Taken>
}

/** The most queues that one call of `take` looks at, and about the most entries: the server does nothing else meanwhile. */
const most = { queues: 64, entries: 1_000 }

/** Entries to handle, and the milliseconds until more is due, or -1. */
type Taken = readonly [entries: readonly ReturnedEntry[], due: number]

/** Runs `take` for a stream; for all who ask in the same turn of the event loop by as few calls as can be. */
export function takingBy(
  { run, end }: Connection,
  topology: readonly string[],
  lease: number,
): Server['take'] {
  const later = () => setImmediate(() => spawn('looking for what is due', takeNext))
  const asked: {
    words: string[]
    stream: string
    resolve(taken: Taken): void
    reject(error: unknown): void
  }[] = []
  /** As many of those who ask as one call may look at. */
  function nextAsking(): typeof asked {
    let [queues, entries] = [0, 0]
    for (; queues < Math.min(asked.length, most.queues) && entries < most.entries; queues++)
      entries += Number(asked[queues]?.words[1])
    return asked.splice(0, queues)
  }
  async function takeNext(): Promise<void> {
    const asking = nextAsking()
    if (asked.length > 0) later()
    try {
      const keys = [...topology, ...asking.map(({ stream }) => stream)]
      const outcomes = await run(take, keys, `${lease}`, ...asking.flatMap(({ words }) => words))
      for (const [place, { resolve, reject }] of asking.entries()) {
        const outcome = (outcomes as (Taken | Buffer)[])[place] as Taken | Buffer
        if (!Buffer.isBuffer(outcome)) {
          resolve(outcome)
          continue
        }
        const error = new Error(String(outcome))
        if (isReadOnly(error.message)) end(error)
        reject(error)
      }
    } catch (error) {
      for (const { reject } of asking) reject(error)
    }
  }
  return (stream, ...words) =>
    new Promise((resolve, reject) => {
      if (asked.push({ words, stream, resolve, reject }) === 1) later()
    })
}

/** What is known of a consumer of a stream. */
interface Membership {
  readonly stream: string
  /** The name by which the server knows it. */
  readonly me: string
  /** How long the stream lasts without it, in milliseconds; 0 for ever. */
  readonly life?: string
  /** The pattern that the stream is bound to again if somebody has removed its binding. */
  readonly pattern?: string
}

/** What a consumer does with a stream. */
export function memberOf(server: Server, { stream, me, life = '0', pattern = '' }: Membership) {
  return {
    /** The next entries to handle, at most `room`, and the milliseconds until more is due, or -1. */
    take: (room: number) => server.take(stream, me, `${room}`, life, pattern),
    /** Settles an entry as `what` says. Resolves with whether the consumer still held it. */
    async settle(what: string, entry: string, long = '0', to = stream, ...field: string[]) {
      return (await server.run(settle, [stream, to], me, entry, what, long, ...field)) === 1
    },
    /** How many messages wait that no consumer holds. */
    async waiting() {
      const facts = [server.call('XLEN', stream), server.call('XPENDING', stream, group)]
      const [all, held] = await Promise.all(facts)
      return Number(all) - Number((held as unknown[])[0])
    },
  }
}
