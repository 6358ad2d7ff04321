import type {
  BatchedOptions,
  MessageSource,
  OptionShape,
  Resolved,
  ShapesOf,
} from '../../../kernel/adapter-kit.ts'
import {
  choice,
  duration,
  flag,
  isPlainObject,
  lineOfText,
  optionShape,
  resolveOptions,
  show,
  topicOptionShapes,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import { type Duration, TomodachiError, type TopicOptions } from '../../../kernel/index.ts'
import { misfitIn } from '../connection/misfit.ts'
import { type ExchangeType, exchangeTypes, longestTtl } from '../connection/options.ts'
import { shortText } from '../connection/short-text.ts'

/** How a topic is consumed on RabbitMQ. */
export interface AmqpTopicOptions<Data = unknown> extends TopicOptions<Data>, BatchedOptions {
  /** Exchange to bind the queue to. Default: the `exchangeName` of the bus. */
  readonly exchange?: string | undefined
  /**
   * Type of that exchange: `topic`, `direct`, `fanout` or `headers`. A headers exchange compares headers with
   * `bindingArguments`. Default `topic`, or that of the bus for its own exchange.
   */
  readonly exchangeType?: ExchangeType | undefined
  /**
   * Exchange to which the broker sends messages that no queue of `exchange` takes. It must exist. Default: that of the
   * bus for its own exchange, else none.
   */
  readonly alternateExchange?: string | undefined
  /** Arguments of the binding, such as `{ 'x-match': 'any', format: 'pdf' }` on a headers exchange. Default none. */
  readonly bindingArguments?: Readonly<Record<string, unknown>> | undefined
  /** More bindings of the queue, so that the handler gets those messages too. Default none. */
  readonly bindings?: readonly BindingOptions[] | undefined
  /**
   * The broker deletes the queue when it has had no consumer for this long, in whole seconds; 0 for never. Default:
   * that of the bus.
   */
  readonly queueTtl?: Duration | undefined
  /** Whether the queue is replicated, as a quorum queue. Default `false`. */
  readonly quorum?: boolean | undefined
  /** Highest priority of messages, from 1 to 255. The queue hands out messages of higher priority first. Default none. */
  readonly maxPriority?: number | undefined
  /** How long a message may wait before the broker drops it. Default: no limit. */
  readonly messageTtl?: Duration | undefined
  /** Whether only this connection may use the queue, which is deleted with the connection, messages included. Default `false`. */
  readonly exclusive?: boolean | undefined
  /** Whether the broker deletes the queue, messages included, when its last consumer is gone. Default `false`. */
  readonly autoDelete?: boolean | undefined
  /**
   * Whether the queue has a single active consumer: one instance gets all messages, and another takes over when it is
   * gone. Default `false`.
   */
  readonly singleActiveConsumer?: boolean | undefined
  /**
   * Consumer priority (`x-priority`): consumers of lower priority get messages only while all of higher priority are
   * busy. Default: none, which is the same as 0.
   */
  readonly consumerPriority?: number | undefined
  /** Other arguments of the queue, such as `x-max-length`. They take precedence over the options above. */
  readonly arguments?: Readonly<Record<string, unknown>> | undefined
}

/** A binding of the queue beside that of its topic. */
export interface BindingOptions {
  /** Exchange to bind the queue to. Default: that of the topic. */
  readonly exchange?: string | undefined
  /** Type of that exchange. Default: that of the topic for its exchange, else `topic`. */
  readonly exchangeType?: ExchangeType | undefined
  /** Routing key or pattern, without the prefix of the bus. Default: empty. */
  readonly routingKey?: string | undefined
  /** Arguments of the binding. Default none. */
  readonly arguments?: Readonly<Record<string, unknown>> | undefined
}

type Arguments = Readonly<Record<string, unknown>>

/** Arguments that can be sent, and read by the broker. One that cannot is named. */
function argumentsOption(
  expected: string,
  fits: (given: Arguments) => boolean = () => true,
): OptionShape<Arguments | undefined> {
  return {
    standard: undefined,
    expected,
    read: (value, { owner, path }, option) => {
      if (!isPlainObject(value)) return undefined
      const misfit = misfitIn(value)
      if (!misfit) return fits(value as Arguments) ? (value as Arguments) : undefined
      throw new TomodachiError('OPTION_INVALID', {
        option: `${owner}.${path}${option}`,
        expected: `${expected}; ${show(misfit.place)} has ${misfit.what}`,
        hidden: true,
      })
    },
  }
}

const bindingShapes = {
  exchange: shortText(undefined),
  exchangeType: choice(undefined, exchangeTypes),
  routingKey: lineOfText('', { empty: true }),
  arguments: argumentsOption(
    'an object of text, finite numbers and the like, such as { "x-match": "any", "format": "pdf" }',
  ),
} satisfies ShapesOf<BindingOptions>

const listOfBindings: OptionShape<readonly Resolved<typeof bindingShapes>[]> = {
  standard: [],
  expected: 'a list of objects, such as [{ "routingKey": "order.*" }]',
  read: (value, { owner, path }, option) =>
    Array.isArray(value)
      ? value.map((binding: unknown, place) =>
          resolveOptions({ owner, path: `${path}${option}[${place}].` }, binding as object, bindingShapes),
        )
      : undefined,
}

/** Streams keep their messages: none can be given back or removed. */
const queueArguments = argumentsOption(
  'an object of text, finite numbers and the like, such as { "x-max-length": 1000 }, where x-queue-type is "classic" or "quorum"',
  ({ 'x-queue-type': kind = 'classic' }) => kind === 'classic' || kind === 'quorum',
)

const queueName = optionShape<string | undefined>(
  undefined,
  'a name on one line that does not begin with "amq."',
  (value) => (typeof value === 'string' && /^(?!amq\.)[^\r\n\0]+$/.test(value) ? value : undefined),
)

/** The shapes of the options of a topic. */
export const topicShapes = {
  ...topicOptionShapes,
  queue: queueName,
  exchange: shortText(undefined),
  exchangeType: choice(undefined, exchangeTypes),
  alternateExchange: shortText(undefined),
  bindingArguments: bindingShapes.arguments,
  bindings: listOfBindings,
  exclusive: flag(false),
  autoDelete: flag(false),
  singleActiveConsumer: flag(false),
  consumerPriority: wholeNumber(undefined, -(2 ** 31), 2 ** 31 - 1),
  queueTtl: duration(undefined, { most: longestTtl, step: '1s' }),
  quorum: flag(false),
  maxPriority: wholeNumber(undefined, 1, 255),
  messageTtl: duration(undefined, { most: longestTtl, step: '1ms' }),
  arguments: queueArguments,
} satisfies ShapesOf<AmqpTopicOptions>

/** The same, checked. Durations are in milliseconds. */
export type ResolvedTopicOptions = Resolved<typeof topicShapes>

/** The source of a topic or, with `replies`, of requests. */
export interface AmqpSource extends MessageSource {
  readonly replies?: boolean
}

/** A topic of requests takes the same options except `batch`. */
const { batch: _, ...shapesOfRequests } = topicShapes
export const requestTopics = { method: 'requests', shapes: shapesOfRequests }
