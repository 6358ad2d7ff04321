import type { Payload, Sender } from '../../../envelopes/index.ts'
import type { Bus } from '../../actors/bus.ts'
import type { Logger } from '../../log/index.ts'
import type { OptionShapes } from '../../options/resolve-options.ts'
import type { Encoded, MessageActor, MessageSource } from '../topics/messages.ts'
import type { Topic } from '../topics/topic.ts'
import type { Consumer } from './consumer.ts'
import type { DeadLetterReader } from './dead-letter-reader.ts'
import type { Outgoing, Sending, SendLimits } from './sending.ts'

/**
 * Talks to one kind of message broker. `messageBus(broker, options)` makes a bus of it and does everything that is the
 * same on every broker: options, formats, schemas, trace headers, batches, back-pressure, the settlement table, retries
 * by the delivery rules, the publish window, dead letters, supervision, the drain. A broker connects, hands messages
 * over, settles them, and sends. Keep its state in what `connect` returns: the broker itself keeps nothing from one
 * start to the next. The kernel sets a deadline only for `connect`, so make sure that the promises of all other methods
 * settle.
 *
 * `Queue` describes a queue, `Handle` identifies a message to settle, `Message` is what the broker sends.
 */
export interface Broker<
  Queue extends ConsumedQueue = ConsumedQueue,
  Handle = unknown,
  Message extends Outgoing = Outgoing,
> {
  /** Kind of transport, in one word, for logs and metrics. */
  readonly transport: string
  /** The function that makes the bus; errors about options name it: `myBus`. Default: `transport`. */
  readonly owner?: string
  /** The shapes of the options of a topic: `{ ...topicOptionShapes, … }`. Default: the shapes that every bus has. */
  readonly topicOptions?: OptionShapes
  /** The shapes of the options of `publish`: `{ ...publishOptionShapes, … }`. Default: the shapes that every bus has. */
  readonly publishOptions?: OptionShapes
  /**
   * How messages are sent. If absent, each is sent at once, on its own, and never again; when `send` resolves, every
   * message that has not failed is confirmed.
   */
  readonly limits?: SendLimits
  /**
   * If given, `Receiver.room` counts only messages that could start now, and is 0 while so many wait for a free handler
   * or for others of their key or batch. For brokers that count a message as tried once it is fetched.
   */
  readonly readAhead?: number

  /**
   * Returns extra members for the source of a topic, such as an `orderBy` of the transport's own. `options` have been
   * checked by their shapes; check here what a shape cannot, such as two options that exclude each other. `more` is
   * what one of the broker's own methods adds (`BusParts.source`), and `common` is what the source has on every bus.
   * Throws `OPTION_INVALID` and the like. If absent, nothing is added, and a name whose wildcards are not whole words
   * throws `PATTERN_INVALID`.
   */
  source?(topic: Topic, options: object, more: object, common: MessageSource): object

  /**
   * Copies what the broker gives, besides the common values, into the context of a handler, each by its name:
   * `context.topic = given.topic`. Handlers of single messages do not get what it leaves out. If absent, every value is
   * copied, which takes four times as long.
   */
  fill?(context: object, given: object): void

  /**
   * The queues whose messages these actors handle. Called at each start, and to list dead letters. Throws
   * `QUEUE_SHARED` if two actors would take each other's messages (`actorByQueue` does), and `QUEUE_NOT_COMPETING` if
   * `competing: false` and `queue` are both given.
   */
  plan(actors: readonly MessageActor[]): readonly Queue[]

  /**
   * Connects, and declares the queues unless declaring is switched off. Resolves when messages can be sent and queues
   * consumed. When it rejects, it must leave nothing open. An attempt fails after 15 s in which it neither ends nor
   * reports progress (`session.progressed`). After a failure it is called again after a wait; at the first start, only
   * until `startTimeout` has passed or `isHopeless` says that another attempt would fail too. `session.signal` aborts
   * when the connection is no longer needed.
   */
  connect(session: BrokerSession<Message>, queues: readonly Queue[]): Promise<Link<Queue, Handle, Message>>

  /**
   * Whether another attempt to connect or to consume would fail with the same error, such as a wrong password. Default:
   * true for every `TomodachiError` except `BROKER_UNREACHABLE`.
   */
  isHopeless?(error: unknown): boolean
  /**
   * Whether sending the same message again may succeed a moment later, as after throttling or a network error. Default:
   * never.
   */
  isPassing?(error: unknown): boolean

  /**
   * Makes the message to send. It needs an identity that stays the same when it is sent again, and a copy of the
   * payload, because the publisher may reuse its own. `topic` has no wildcards. `options` are those of `publish`,
   * checked by their shapes; an empty object if the publisher gave none. Throws `OPTION_INVALID`, `MESSAGE_TOO_LARGE`
   * and the like.
   */
  outgoing(topic: string, encoded: Encoded, options: object): Message
}

/** A queue that is consumed. */
export interface ConsumedQueue {
  /** The name on the broker. */
  readonly name: string
  /** The dead-letter queue for its messages. */
  readonly deadLetter: string
  /**
   * The actors that handle its messages. If messages of several topics share the queue there are several actors, and
   * each arrival names its own.
   */
  readonly actors: readonly MessageActor[]
  /** Whether only this instance can find its dead letters, so that they are not listed. Default false. */
  readonly private?: boolean
  /** Most unsettled messages. Default: as many as its actors can handle at once, and at least 100 if they are ordered. */
  readonly prefetch?: number
}

/** The bus as its broker sees it, from a start to the close. */
export interface BrokerSession<Message extends Outgoing = Outgoing> {
  /** Name of the adapter. */
  readonly name: string
  readonly log: Logger
  /** The bus of the kernel, for the broker's own events. */
  readonly bus: Bus
  /** Whom messages name as their sender. */
  readonly sender: () => Sender
  /** Aborts when the session ends. */
  readonly signal: AbortSignal
  /** Whether it is only checked that the broker can be used (`tomodachi check`): create nothing. */
  readonly isCheck: boolean
  /** Call it when a step of `connect` is done: an attempt fails when nothing has been done for 15 s. */
  progressed(): void
  /**
   * Sends one of the broker's own messages, such as a retry, a reply or a dead letter, by the rules of publishing:
   * window, deadline, sent again after a lost connection. Errors name `subject`, the topic or the queue. Resolves with
   * what the message was confirmed with. Rejects with `PUBLISH_TIMEOUT`, `PUBLISH_OVERFLOW`, `ADAPTER_NOT_STARTED`
   * after the close, or the broker's own error.
   */
  send(subject: string, message: Message): Promise<unknown>
  /**
   * Call it when the connection is lost. The kernel closes the link and makes the next one after a wait. Further calls
   * change nothing.
   */
  lost(link: Link, error: unknown): void
  /**
   * Call it when the broker blocks or unblocks publishing; nothing is sent while it is blocked. A new link is not
   * blocked.
   */
  blocked(isBlocked: boolean): void
  /**
   * Call it when the link lives but the broker will never answer the messages under way. They are sent again, in order,
   * and this try counts.
   */
  unanswered(): void
}

/** One connection, from connect until it is closed or lost. */
export interface Link<
  Queue extends ConsumedQueue = ConsumedQueue,
  Handle = unknown,
  Message extends Outgoing = Outgoing,
> {
  /**
   * Starts to hand the messages of a queue to `receiver`, from the next turn of the event loop on. Resolves once the
   * queue is consumed; the first messages may have arrived by then. Declares the queue if declaring is allowed, because
   * somebody may have deleted it. Rejects if the queue cannot be consumed; it is then called again after a wait.
   */
  consume(queue: Queue, receiver: Receiver<Handle>): Promise<Consumer<Handle>>

  /**
   * Sends messages to one target, as many as `limits` allow. Confirm or fail each one, at once or later. When the
   * returned promise resolves, the messages without an outcome count as confirmed; when it rejects, or the call throws,
   * they fail with that error. If that error is not passing, one message may have been refused for all, so each goes
   * again in a call of its own. A message that is never answered keeps its place in the window, even after its
   * `PUBLISH_TIMEOUT`: see `unanswered`.
   */
  send(target: string, messages: readonly Sending<Message>[]): void | Promise<void>

  /** How many messages wait in a queue, with or without those that somebody holds; 0 if it does not exist. */
  count(queue: string): Promise<number>
  /** Whether `count` is approximate. Default false. */
  readonly countsRoughly?: boolean
  /** Opens a dead-letter queue; undefined if it does not exist. */
  open(queue: string): Promise<DeadLetterReader | undefined>
  /**
   * Other queues, besides `deadLetter`, where messages of a queue may be set aside, for example by a policy of the
   * broker. Default: none.
   */
  setAsideBy?(queue: Queue): Promise<readonly string[]>

  /** Whether two names mean one queue, where a queue has several, such as a URL. Default: when they are equal. */
  isSame?(one: string, other: string): Promise<boolean>

  /** Resolves when no socket, timer or connection of the link is left. Called once, also after a loss. */
  close(): Promise<void>
}

/** Receives the messages of one queue. */
export interface Receiver<Handle = unknown> {
  /** Most messages that may be unsettled. */
  readonly prefetch: number
  /** How many more messages can be taken now. */
  readonly room: number
  /** Takes a message over. From now on the kernel settles it, by one call of a method of the consumer. */
  take(arrival: Arrival<Handle>): Held
  /** Call it when the link lives but the consumer gets no more messages; the queue is consumed again after a wait. */
  off(error: unknown): void
}

/** A message that was taken and is not settled, for brokers with leases of their own. */
export interface Held {
  /** Call it when another consumer may have got the message: its handler loses it, and nothing settles it. */
  lose(reason: string): void
}

/** A message as it has arrived. */
export interface Arrival<Handle = unknown> {
  readonly handle: Handle
  /** Its identity, used if its format carries none. */
  readonly id: string
  /** The topic it was published to, as its publisher named it. */
  readonly topic: string
  /** Undefined if what arrived is not a message. It is dead-lettered, with `fault` as the reason. */
  readonly payload: Payload | undefined
  readonly fault?: string
  readonly headers: Readonly<Record<string, unknown>>
  /**
   * The number last given to `retry`, else 1. A message that comes back in any other way keeps its number, unless the
   * broker counts how often it hands a message out and nothing else.
   */
  readonly attempt: number
  /**
   * How many times it was handed out before without having been settled or released, as far as the broker knows. If it
   * is more than the topic's `retry.redeliveries`, the message is dead-lettered without being handled. Default 0.
   */
  readonly redeliveries?: number
  /**
   * What handlers are given in addition to the common values. Make a new object for each message, because the kernel
   * adds the common values to it.
   */
  readonly given: object
  /** The actor that handles it. Default: the first actor of its queue. */
  readonly actor?: MessageActor
  /**
   * The group within which messages stay in order. When one is released, retried or set aside, those of its group that
   * wait behind it are released too.
   */
  readonly group?: string | undefined
  /**
   * Whether a requester waits for a reply. If so, `reply` is called before the message is finally settled. Default
   * false.
   */
  readonly wantsReply?: boolean
}
