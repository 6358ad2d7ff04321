import type { Source } from '../actors/source.ts'
import type { OptionShapes, Resolved } from '../options/resolve-options.ts'
import type { MaybePromise } from '../promise.ts'
import type { Outgoing } from './broker/sending.ts'
import type { PublishOptions } from './topics/message-options.ts'
import type { Encoded } from './topics/messages.ts'
import type { Topic } from './topics/topic.ts'

/** What a method takes that makes sources: its name, for errors, and the shapes of all its options. */
export interface TakenOptions {
  readonly method: string
  readonly shapes: OptionShapes
}

/** What methods of a broker's own are made of; sources are those of the view of the bus that they belong to. */
export interface BusParts<Message extends Outgoing> {
  /** The source of a topic, with `more` in it. `taking` says what a method of your own takes. Throws `OPTION_INVALID`. */
  source(topic: string | Topic, options?: object, more?: object, taking?: TakenOptions): Source
  /** Options of a method of your own, checked and filled in. Throws `OPTION_INVALID`. */
  resolve<Shapes extends OptionShapes>(
    method: string,
    options: object | undefined,
    shapes: Shapes,
  ): Resolved<Shapes>
  /** Data as it goes to the broker, with trace headers. Throws or rejects as `publish` does. */
  encode(topic: Topic, data: unknown, options: PublishOptions): MaybePromise<Encoded>
  /** Publishes what `make` makes of the encoded data; resolves with what the broker has confirmed it with. */
  publish(
    topic: Topic,
    data: unknown,
    options: PublishOptions,
    make: (encoded: Encoded) => Message,
  ): Promise<unknown>
  /** Counts work for the drain. */
  track<Result>(work: () => Promise<Result>): Promise<Result>
  /** Sends a message, without telling that it was published. Throws `ADAPTER_NOT_STARTED`, and rejects as `publish` does. */
  send(subject: string, message: Message): Promise<unknown>
}
