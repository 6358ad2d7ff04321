import type { BoundQueue } from '../../kernel/adapter-kit.ts'
import type { Connection } from './connection.ts'
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
  const { topology, options } = server
  return {
    /** The next entries to handle, at most `room`, and the milliseconds until more is due, or -1. */
    take: (room: number) =>
      server.run(take, [...topology, stream], me, `${room}`, `${options.lease}`, life, pattern) as Promise<
        [ReturnedEntry[], number]
      >,
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
