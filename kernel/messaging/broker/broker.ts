import type { Payload } from '../../../envelopes/index.ts'
import type { Bus } from '../../actors/bus.ts'
import type { Logger } from '../../log/index.ts'
import type { OptionShapes } from '../../options/resolve-options.ts'
import type { MaybePromise } from '../../promise.ts'
import type { Encoded, MessageActor } from '../topics/messages.ts'
import type { Topic } from '../topics/topic.ts'
import type { DeadLetterReader } from './dead-letter-reader.ts'
import type { Outgoing, Sending, SendLimits } from './sending.ts'

/**
 * What talks to one kind of message broker. `messageBus(broker, options)` makes a bus of it and does all that is the same
 * on every one: options, formats, schemas, trace headers, batches, room, the settlement table, retries by the delivery
 * rules, the window for publishing, dead letters, supervision, the drain. A broker connects, hands messages over and takes
 * them back, and sends. Its state lives in what `connect` returns; the broker itself keeps none from one start to the next.
 * The kernel sets a deadline for `connect` alone: see to it that the promises of all other methods settle.
 *
 * `Queue` is what it knows of a queue, `Handle` what it settles a message by, `Message` what it sends.
 */
export interface Broker<
  Queue extends ConsumedQueue = ConsumedQueue,
  Handle = unknown,
  Message extends Outgoing = Outgoing,
> {
  /** Kind of transport, in a word, for logs and metrics. */
  readonly transport: string
  /** The function that makes the bus, as errors of options name it: `myBus`. Default: `transport`. */
  readonly owner?: string
  /** What the options of a topic have to be: `{ ...topicOptionShapes, … }`. Default: those that every bus has. */
  readonly topicOptions?: OptionShapes
  /** What the options of `publish` have to be: `{ ...publishOptionShapes, … }`. Default: those that every bus has. */
  readonly publishOptions?: OptionShapes
  /** How messages are sent. Absent: one by one, at once, never again; when `send` is over, what has not failed is confirmed. */
  readonly limits?: SendLimits

  /**
   * Returns what the source of a topic has beside the common members, such as an `orderBy` of the transport's own. `options`
   * were checked by their shapes; check here what no shape can, such as two that exclude each other. `more` is what a method of
   * the broker's own adds (`BusParts.source`). Throws `OPTION_INVALID` and the like. Absent: nothing is added.
   */
  source?(topic: Topic, options: object, more: object): object

  /**
   * The queues whose messages these actors handle. Called at each start, and for lists of dead letters. Throws `QUEUE_SHARED`
   * where two take each other's messages (`actorByQueue` does), `QUEUE_NOT_COMPETING` for `competing: false` beside a `queue`.
   */
  plan(actors: readonly MessageActor[]): readonly Queue[]

  /**
   * Connects, and makes the queues exist, unless they are only to be used. Resolves when messages can be sent and queues
   * consumed. Rejects without leaving anything open, and counts as failed after 15 s; it is then called again after a wait, at
   * the first start only until `startTimeout` has passed or `isHopeless` says that it would fail again. `session.signal`
   * aborts when nobody needs the connection any more.
   */
  connect(session: BrokerSession<Message>, queues: readonly Queue[]): Promise<Link<Queue, Handle, Message>>

  /**
   * Whether another attempt to connect, or to consume, would end in the same error: a wrong password. Default: for every
   * `TomodachiError` but `BROKER_UNREACHABLE`.
   */
  isHopeless?(error: unknown): boolean
  /** Whether sending the same message may go well a moment later: throttling, the network. Default: never. */
  isPassing?(error: unknown): boolean

  /**
   * A message as it is sent: with an identity that stays the same when it is sent again, and with a copy of the payload,
   * which the publisher may use again. `topic` has no wildcards. `options` are those of `publish`, checked by their shapes; an
   * empty object where the publisher gave none. Throws `OPTION_INVALID`, `MESSAGE_TOO_LARGE` and the like.
   */
  outgoing(topic: string, encoded: Encoded, options: object): Message
}

/** A queue that is consumed. */
export interface ConsumedQueue {
  /** As the broker knows it. */
  readonly name: string
  /** Where its messages are set aside. */
  readonly deadLetter: string
  /** Who handles its messages. Several where messages of several topics share it: then each arrival says whose it is. */
  readonly actors: readonly MessageActor[]
  /** Whether its dead letters can be found by this instance alone, and are not listed. Default false. */
  readonly private?: boolean
  /** Most messages in hand. Default: as many as its actors can handle at once and, where they are ordered, at least 100. */
  readonly prefetch?: number
}

/** The bus as its broker sees it, from a start to the close. */
export interface BrokerSession<Message extends Outgoing = Outgoing> {
  /** Name of the adapter. */
  readonly name: string
  readonly log: Logger
  /** The bus of the kernel, for events of the broker's own. */
  readonly bus: Bus
  /** Aborts when the session ends. */
  readonly signal: AbortSignal
  /**
   * Sends a message of the broker's own making, such as a retry, a reply or a dead letter, by the rules of publishing: window,
   * deadline, sent again after a loss. `subject` is the topic, or the queue, for errors. Resolves with what it was confirmed
   * with, and rejects with `PUBLISH_TIMEOUT`, `PUBLISH_OVERFLOW`, `ADAPTER_NOT_STARTED` after the close, or its own error.
   */
  send(subject: string, message: Message): Promise<unknown>
  /** The connection is gone. The kernel closes the link, and makes the next one after a wait. Further calls change nothing. */
  lost(link: Link, error: unknown): void
  /** The broker has blocked publishing, or accepts messages again. Nothing is sent while it is blocked. A new link is not blocked. */
  blocked(isBlocked: boolean): void
  /** What is under way will never be answered, though the link lives: it is sent again, in order, and counts as tried. */
  unanswered(): void
}

/** One life of the connection. */
export interface Link<
  Queue extends ConsumedQueue = ConsumedQueue,
  Handle = unknown,
  Message extends Outgoing = Outgoing,
> {
  /**
   * Has the messages of a queue handed to `receiver`, from the next turn of the event loop on. Resolves when they come, or
   * would; the first may have come by then. Makes the queue exist where it may, as somebody may have deleted it. Rejects when
   * it cannot be consumed; it is then called again after a wait.
   */
  consume(queue: Queue, receiver: Receiver<Handle>): Promise<Consumer<Handle>>

  /**
   * Sends messages for one target, as many as `limits` allow. Each is confirmed or failed, at once or later. When the
   * returned promise resolves, those that are neither count as confirmed; when it rejects, or the call throws, as failed with
   * that error. One that is never answered keeps its place in the window, even after its `PUBLISH_TIMEOUT`: see `unanswered`.
   */
  send(target: string, messages: readonly Sending<Message>[]): void | Promise<void>

  /** Messages that wait in a queue; 0 where there is none. */
  count(queue: string): Promise<number>
  /** Whether `count` is only about right. Default false. */
  readonly countsRoughly?: boolean
  /** Opens a dead-letter queue; undefined where there is none. */
  open(queue: string): Promise<DeadLetterReader | undefined>
  /** Where messages of a queue may be set aside beside `deadLetter`, such as by a policy of the broker. Default: nowhere. */
  setAsideBy?(queue: Queue): Promise<readonly string[]>

  /** Resolves when no socket, timer or connection of it is left. Called once, after a loss too. */
  close(): Promise<void>
}

/** Takes the messages of one queue over. */
export interface Receiver<Handle = unknown> {
  /** Most messages that may be in hand. */
  readonly prefetch: number
  /** How many more can be taken now. */
  readonly room: number
  /** Takes a message over: from now on it is the kernel's to settle, by one call of a method of the consumer. */
  take(arrival: Arrival<Handle>): Held
  /** The consumer gets no messages any more though its link lives; it is consumed again after a wait. */
  off(error: unknown): void
}

/** A message in hand, for brokers with leases of their own. */
export interface Held {
  /** Others may have the message: it is taken from its handler, and no method of the consumer is called for it. */
  lose(reason: string): void
}

/** A message as it has come. */
export interface Arrival<Handle = unknown> {
  readonly handle: Handle
  /** Its identity, where its format says none. */
  readonly id: string
  /** What it was published to, as its publisher named it. */
  readonly topic: string
  /** Undefined where what has come is no message: dead-lettered, with `fault` for its reason. */
  readonly payload: Payload | undefined
  readonly fault?: string
  readonly headers: Readonly<Record<string, unknown>>
  /** The number that `retry` was given last, else 1: one that comes back in another way keeps its number. */
  readonly attempt: number
  /** What handlers are given beside the common values. A new object for each message: the kernel adds those to it. */
  readonly given: object
  /** Whose it is. Default: the first actor of its queue. */
  readonly actor?: MessageActor
  /** Messages of one group that wait behind one that is released, retried or set aside are released too, to stay in order. */
  readonly group?: string | undefined
  /** Whether somebody waits for a reply: `reply` is called before it is settled for good. Default false. */
  readonly wantsReply?: boolean
}

/** What a reply is: a message, or why there is none. */
export type Replied = Encoded | { readonly failure: string }

/**
 * A queue that is being consumed. Each message that was handed over is settled by one call of `ack`, `release`, `retry` or
 * `setAside`, unless it is lost. A throw counts as a rejection.
 * Without `lease`, all messages are lost when the consumer goes or its link is lost. With `lease`, a message is lost when its
 * lease has ended; what is settled while the queue has no consumer waits for its next one, even one on another link. So a handle
 * names not only the message but this hold on it, as a receipt does: once others hold the message, it changes nothing.
 */
export interface Consumer<Handle = unknown> {
  /** It is done with. A rejection of `ack` or `release` is logged; the message comes again when its lease or link ends. */
  ack(handle: Handle): MaybePromise<void>
  /** It goes back to its queue, where this try does not count. */
  release(handle: Handle): MaybePromise<void>
  /**
   * It comes again after a wait in milliseconds (0.5 and Infinity are possible), which holds up nothing else, as attempt number
   * `attempt`. Resolves when the broker will see to it. A rejection is logged, and the message released after a hold-back.
   */
  retry(handle: Handle, after: number, attempt: number): MaybePromise<void>
  /**
   * A copy with these headers, beside its own, goes to the dead-letter queue. Resolves when the broker has the copy, and
   * the message is off its queue. A rejection is logged, and the message released after a hold-back.
   */
  setAside(handle: Handle, headers: Readonly<Record<string, unknown>>): MaybePromise<void>
  /** Answers whoever waits for it. Resolves when the broker has the answer; a rejection counts as one of `setAside`. */
  reply?(handle: Handle, reply: Replied): Promise<void>
  /** How long a message is hidden from others unless `renew` renews it, in milliseconds. Absent: as long as the link lives. */
  readonly lease?: number
  /** Renews a lease. Resolves with whether others still cannot have the message; after a rejection it is tried again. */
  renew?(handle: Handle): Promise<boolean>
  /**
   * There is more room than before. Called for each message that is settled, also within `take`. Take messages in a later turn
   * of the event loop: at once, they would overtake others, and one that keeps failing would keep timers and sockets waiting.
   */
  more?(): void
  /** Whether messages cannot be had at the moment, though it is at it. Default false. */
  readonly isFailing?: boolean
  /** Whether the broker knows the consumer, and how many messages wait: one that gets none of them is consumed again. */
  look?(): Promise<{ readonly attached: boolean; readonly waiting: number }>
  /** It is to go though its link lives, and what is in hand with it; another one is consumed then. Absent: `stop`. */
  abandon?(): void
  /** Takes no more, at once; what is in hand can still be settled, and what comes all the same is released. */
  stop(): void
  /** Resolves when nothing of it is under way, and its private queue is gone. Called once, not after a loss of its link. */
  close?(): Promise<void>
}
