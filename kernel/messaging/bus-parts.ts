import type { Source } from '../actors/source.ts'
import type { OptionShapes, Resolved } from '../options/resolve-options.ts'
import type { MaybePromise } from '../promise.ts'
import type { Outgoing } from './broker/sending.ts'
import type { PublishOptions } from './topics/message-options.ts'
import type { Encoded } from './topics/messages.ts'
import type { Topic } from './topics/topic.ts'

/** The options that a method that makes sources takes: the name of the method, for errors, and the shapes. */
export interface TakenOptions {
  readonly method: string
  readonly shapes: OptionShapes
}

/** What a broker's own methods are built from. Sources belong to the view of the bus that they were made with. */
export interface BusParts<Message extends Outgoing> {
  /**
   * Makes the source of a topic, with the members of `more`. `taking` describes the options of your own method. Throws
   * `OPTION_INVALID`.
   */
  source(topic: string | Topic, options?: object, more?: object, taking?: TakenOptions): Source
  /** Checks the options of your own method and fills in the defaults. Throws `OPTION_INVALID`. */
  resolve<Shapes extends OptionShapes>(
    method: string,
    options: object | undefined,
    shapes: Shapes,
  ): Resolved<Shapes>
  /** Encodes data as it goes to the broker, with trace headers. Throws or rejects as `publish` does. */
  encode(topic: Topic, data: unknown, options: PublishOptions): MaybePromise<Encoded>
  /** Publishes the message that `make` returns for the encoded data. Resolves with what the broker confirmed it with. */
  publish(
    topic: Topic,
    data: unknown,
    options: PublishOptions,
    make: (encoded: Encoded) => Message,
  ): Promise<unknown>
  /**
   * Runs what you send by `send` as one departure, for tracing: `operation` says what it is, such as `request`. Encode
   * within it, so that the message has the headers of its trace. What you set in `facts` is told as well.
   */
  depart<Result>(
    operation: string,
    topic: Topic,
    work: (facts: Record<string, unknown>) => Promise<Result>,
  ): Promise<Result>
  /** Counts work as under way, so that the drain waits for it. */
  track<Result>(work: () => Promise<Result>): Promise<Result>
  /** Sends a message without announcing it as published. Throws `ADAPTER_NOT_STARTED`, and rejects as `publish` does. */
  send(subject: string, message: Message): Promise<unknown>
}
