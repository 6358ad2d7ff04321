import { duration, flag, type ShapesOf, wholeNumber } from '../../../kernel/adapter-kit.ts'
import type { Duration, MessageBus } from '../../../kernel/index.ts'

/** A message that was set aside because it could not be handled. */
export interface DeadMessage {
  /** The data that was published; the payload as text if it could not be parsed. */
  readonly data: unknown
  /** The message's own headers and those that say why it is there, `x-dead-letter-reason` and the like. */
  readonly headers: Readonly<Record<string, unknown>>
}

/**
 * What can interrupt the connection between all buses of a world and their broker, until the world undoes it:
 *
 * - `cut`: every connection ends without a closing handshake, and new ones are refused.
 * - `stall`: connections stay open, but no data passes through them or through new ones, in either direction.
 * - `restart`: the broker itself is killed, and comes back with what it has on disk.
 */
export type Interruption = 'cut' | 'stall' | 'restart'

/**
 * One broker as seen by several processes. `create` makes a world for every law. Worlds may share a real broker,
 * because the laws make up names that nobody else has: letters, digits, `-`, and `.` between the words of topics with
 * wildcards. The names stay under 60 characters.
 */
export interface World {
  /**
   * Makes a bus that has not been started, as a new process would. All buses of a world see the same queues, and buses
   * of other worlds do not. The laws start and stop it through a kernel.
   */
  bus(): MessageBus | Promise<MessageBus>
  /** The messages in a dead-letter queue, without removing them; none if the queue does not exist. */
  deadLetters(queue: string): Promise<readonly DeadMessage[]>
  /** Publishes a text as it is, without any schema or format. */
  publishRaw(topic: string, payload: string): Promise<void>
  /**
   * Makes it look to the broker as if the process of a bus had died: the bus's connections end without a closing
   * handshake, and it never gets through again. You can do this with a TCP proxy for each bus. Handlers may go on
   * running, because nobody sees what they do. Resolves when no connection is left. If absent, declare `crash: false`.
   */
  crash?(bus: MessageBus): Promise<void>
  /**
   * Interrupts every bus of this world, and of no other. Resolves with a function that ends the interruption; that
   * function resolves when the broker accepts connections again. If absent, declare `cut`, `stall` and `restart` false;
   * a world may also support only some of them.
   */
  interrupt?(how: Interruption): Promise<() => Promise<void>>
  /** Closes what this world itself opened. By then every bus has been stopped, or has crashed. */
  close(): Promise<void>
}

/**
 * What a bus promises, what its world can do to it, and how long things may take. Declare false what the transport
 * cannot promise or the world cannot do. Laws about it are then left out, the report names them, and the other laws ask
 * for less.
 */
export interface Features {
  /** A single consumer gets messages in the order in which they were published. Default true. */
  readonly ordered: boolean
  /** A message is handed out again only after a failure or a release. Default true. */
  readonly exactlyOnce: boolean
  /** `attempt` counts only failures: a message that was given back unhandled keeps its number. Default true. */
  readonly exactAttempts: boolean
  /** Topics may be named with `*` and `#`. Default true. */
  readonly wildcards: boolean
  /** `publish` takes a `delay`. Default true. */
  readonly delay: boolean
  /** Topics take the option `batch`. Default true. */
  readonly batch: boolean
  /**
   * The bus hides a message from other consumers for a limited time, and renews that while its handler runs. For a law
   * that needs it, the world makes buses with leases of the length `lease`. Default true.
   */
  readonly leases: boolean
  /** The world can let the process of a bus die: `World.crash`. Default true. */
  readonly crash: boolean
  /** The world can cut connections: `World.interrupt('cut')`. Default true. */
  readonly cut: boolean
  /** The world can stall connections: `World.interrupt('stall')`. Default true. */
  readonly stall: boolean
  /** The world can restart the broker: `World.interrupt('restart')`. Default true. */
  readonly restart: boolean
  /**
   * The shortest wait before a retry that the transport can tell from no wait, in milliseconds. The laws use up to ten
   * times as much, and longer waits if a busy machine left them in doubt. Default 50.
   */
  readonly delayPrecision: number
  /** How many messages a process may hold in addition to those that it handles. Default 0. */
  readonly readAhead: number
  /** How many messages the laws about many messages use, at least 100. Default 1,000. */
  readonly messages: number
  /** How long the laws wait for what must happen, in milliseconds. Default 10,000. */
  readonly patience: number
  /**
   * The longest that a message which nobody holds takes to a consumer that has room, in milliseconds. Leases must be
   * longer, unless the law needs `leases`. Default 5,000.
   */
  readonly promptness: number
  /** How long leases are where the law needs `leases`, in milliseconds. Default 1,000. */
  readonly lease: number
  /** How long the laws watch for what must not happen, in milliseconds. Default 100. */
  readonly silence: number
}

/** Features as you give them: those that are lengths of time are durations. */
export type GivenFeatures = Partial<
  Omit<Features, Times> & { readonly [Feature in Times]: Duration | undefined }
>
type Times = 'delayPrecision' | 'patience' | 'promptness' | 'lease' | 'silence'

/** The features that can be absent. */
export type Ability = {
  [Key in keyof Features]: Features[Key] extends boolean ? Key : never
}[keyof Features]

/** What a bus can promise. Each default is the most that can be asked. */
export const featureShapes = {
  ordered: flag(true),
  exactlyOnce: flag(true),
  exactAttempts: flag(true),
  wildcards: flag(true),
  delay: flag(true),
  batch: flag(true),
  leases: flag(true),
  crash: flag(true),
  cut: flag(true),
  stall: flag(true),
  restart: flag(true),
  delayPrecision: duration('50ms'),
  readAhead: wholeNumber(0, 0),
  messages: wholeNumber(1_000, 100),
  patience: duration('10s'),
  promptness: duration('5s'),
  lease: duration('1s'),
  silence: duration('100ms'),
} satisfies ShapesOf<Features>
