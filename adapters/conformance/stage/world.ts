import { duration, flag, type ShapesOf, wholeNumber } from '../../../kernel/adapter-kit.ts'
import type { Duration, MessageBus } from '../../../kernel/index.ts'

/** A message that was set aside because it could not be handled. */
export interface DeadMessage {
  /** The data that was published; the payload as text where it could not be parsed. */
  readonly data: unknown
  /** The message's own headers and those that say why it is there, `x-dead-letter-reason` and the like. */
  readonly headers: Readonly<Record<string, unknown>>
}

/**
 * What can come between all buses of a world and their broker, until the world takes it back:
 *
 * - `cut`: every connection ends without a farewell, and new ones are refused.
 * - `stall`: connections stay open, and nothing goes through them or new ones in either direction.
 * - `restart`: the broker itself ends, at once, and comes back with what it has on disk.
 */
export type Interruption = 'cut' | 'stall' | 'restart'

/**
 * One broker as seen by several processes. Every law gets a world of its own from `create`; worlds may share a real
 * broker, since the laws make up names that nobody else has: letters, digits, `-`, and `.` between the words of topics
 * with wildcards. They stay under 60 characters.
 */
export interface World {
  /**
   * A bus that has not been started, as a new process would make it. All buses of a world, and of no other, see the
   * same queues. The laws start it and stop it through a kernel.
   */
  bus(): MessageBus | Promise<MessageBus>
  /** Messages in a dead-letter queue, which stay there; none when the queue does not exist. */
  deadLetters(queue: string): Promise<readonly DeadMessage[]>
  /** Publishes a text as it is, past every schema and format. */
  publishRaw(topic: string, payload: string): Promise<void>
  /**
   * Has the process of a bus die, as far as its broker can tell: the bus's connections end without a farewell, and it
   * never gets through again. A TCP proxy of its own for each bus does this. Handlers may go on meanwhile, as nobody
   * sees what they do. Resolves when no connection is left. Absent: declare `crash: false`.
   */
  crash?(bus: MessageBus): Promise<void>
  /**
   * Interrupts every bus of this world, and of no other, until the function that it resolves with is called. That one
   * resolves when the broker takes connections again. Absent: declare `cut`, `stall` and `restart` false; a world may also
   * know some of them only.
   */
  interrupt?(how: Interruption): Promise<() => Promise<void>>
  /** Resolves when what this world itself opened is closed. By then every bus has been stopped, or has crashed. */
  close(): Promise<void>
}

/**
 * What a bus promises, what its world can do to it, and how long things may take. What a transport cannot promise, or a
 * world cannot do, is declared false: laws about it are then left out, the report names them, and the other laws ask for
 * less.
 */
export interface Features {
  /** A single consumer gets messages in the order in which they were published. Default true. */
  readonly ordered: boolean
  /** A message is handed out again only after a failure or a release. Default true. */
  readonly exactlyOnce: boolean
  /** `attempt` counts failures alone: a message that was given back unhandled keeps its number. Default true. */
  readonly exactAttempts: boolean
  /** Topics may be named with `*` and `#`. Default true. */
  readonly wildcards: boolean
  /** `publish` takes a `delay`. Default true. */
  readonly delay: boolean
  /** Topics take the option `batch`. Default true. */
  readonly batch: boolean
  /** The world can have the process of a bus die: `World.crash`. Default true. */
  readonly crash: boolean
  /** The world can cut connections: `World.interrupt('cut')`. Default true. */
  readonly cut: boolean
  /** The world can stall connections: `World.interrupt('stall')`. Default true. */
  readonly stall: boolean
  /** The world can end the broker and bring it back: `World.interrupt('restart')`. Default true. */
  readonly restart: boolean
  /**
   * Shortest wait before a retry that the transport can tell from none, in milliseconds; the laws use up to ten times
   * as much, and longer waits where a busy machine left them in doubt. Default 50.
   */
  readonly delayPrecision: number
  /** Messages that a process may hold beside those that it handles. Default 0. */
  readonly readAhead: number
  /** Size of the laws about many messages. Default 1,000; the laws need at least 100. */
  readonly messages: number
  /** Longest wait for what must happen, in milliseconds. Default 10,000. */
  readonly patience: number
  /** How long the laws watch for what must not happen, in milliseconds. Default 100. */
  readonly silence: number
}

/** Features as they are given: those that are lengths of time are durations. */
export type GivenFeatures = Partial<
  Omit<Features, Times> & { readonly [Feature in Times]: Duration | undefined }
>
type Times = 'delayPrecision' | 'patience' | 'silence'

/** The features that can be absent. */
export type Ability = {
  [Key in keyof Features]: Features[Key] extends boolean ? Key : never
}[keyof Features]

/** What a bus can promise; each default is the most that can be asked. */
export const featureShapes = {
  ordered: flag(true),
  exactlyOnce: flag(true),
  exactAttempts: flag(true),
  wildcards: flag(true),
  delay: flag(true),
  batch: flag(true),
  crash: flag(true),
  cut: flag(true),
  stall: flag(true),
  restart: flag(true),
  delayPrecision: duration('50ms'),
  readAhead: wholeNumber(0, 0),
  messages: wholeNumber(1_000, 100),
  patience: duration('10s'),
  silence: duration('100ms'),
} satisfies ShapesOf<Features>
