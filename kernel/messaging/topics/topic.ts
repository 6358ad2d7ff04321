import type { Format } from '../../../envelopes/index.ts'
import { formatOption } from '../../options/format-option.ts'
import { lineOfText } from '../../options/option-shapes.ts'
import { resolveOption, resolveOptions, type ShapesOf } from '../../options/resolve-options.ts'
import { schemaOption } from '../../options/schema-option.ts'
import type { InputOf, OutputOf, Schema } from '../../schema.ts'

/**
 * A contract that publisher and consumer share: a name and the shape of its data. You publish `In`, the input of the
 * schema. Handlers are given `Out`, its output, with defaults filled in and values transformed.
 */
export interface Topic<In = unknown, Out = In> {
  readonly name: string
  /**
   * Checks data when you publish it; the data goes out as you gave it. Checks it again when it is received, and turns
   * it into `Out`.
   */
  readonly schema?: Schema<In, Out>
  /** Checks replies to requests in the same way, when they are sent and when they are received. */
  readonly reply?: Schema
  /** Wire format of the topic. Default: that of the bus. */
  readonly envelope?: Format
}

/** A topic for requests: handlers return the input of the schema `Reply`, and `request` resolves with its output. */
export type RequestTopic<T extends Topic, Reply extends Schema> = T & { readonly reply: Reply }

/** The data that handlers of a topic are given. For a bare name it is unknown. */
export type DataOf<T extends string | Topic> = T extends Topic<infer _, infer Out> ? Out : unknown

/** The data that you publish to a topic. For a bare name it is unknown. */
export type PublishedTo<T extends string | Topic> = T extends Topic<infer In, infer _> ? In : unknown

/** What a request on a topic resolves with. For a bare name it is unknown. */
export type RepliedTo<T extends string | Topic> = T extends { readonly reply: infer Reply }
  ? OutputOf<Reply>
  : unknown

/** What a handler of requests on a topic returns. For a bare name it is unknown. */
export type ReplyFor<T extends string | Topic> = T extends { readonly reply: infer Reply }
  ? InputOf<Reply>
  : unknown

const place = { owner: 'topic', path: '' }
const topicName = lineOfText(undefined)
const contractShapes = {
  schema: schemaOption(),
  reply: schemaOption(),
  envelope: formatOption(),
} satisfies ShapesOf<Omit<Topic, 'name'>>

/** Makes a topic for requests: `topic('price', { schema: Item, reply: Price })`. Throws `OPTION_INVALID`. */
export function topic<const Data extends Schema, const Reply extends Schema>(
  name: string,
  options: { readonly schema?: Data; readonly reply: Reply; readonly envelope?: Format },
): RequestTopic<Topic<InputOf<Data>, OutputOf<Data>>, Reply>
/**
 * Makes a topic: `topic('order.created', { schema: Order })`, or without a schema `topic<Order>('order.created')`.
 * Throws `OPTION_INVALID`.
 */
export function topic<In = unknown, Out = In>(
  name: string,
  options?: Omit<Topic<In, Out>, 'name' | 'reply'>,
): Topic<In, Out>
export function topic(name: string, options: Omit<Topic, 'name'> = {}): Topic {
  resolveOption(place, 'name', name, topicName)
  const given = Object.entries(resolveOptions('topic', options, contractShapes))
  return { name, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) }
}
