import type { Format } from '../../../envelopes/index.ts'
import type { Schema } from '../../schema.ts'

/** A contract that publisher and consumer share: a name, what its data looks like and, for requests, their replies. */
export interface Topic<Data = unknown, Reply = unknown> {
  readonly name: string
  /** Data is checked by it when it is published and when it is received. */
  readonly schema?: Schema<unknown, Data>
  /** Replies to requests are checked by it on both sides. */
  readonly reply?: Schema<unknown, Reply>
  /** Wire format of the topic. Default: that of the bus. */
  readonly envelope?: Format
}

/** What is published to, and received from, a topic. A bare name says nothing about it. */
export type DataOf<T extends string | Topic> = T extends Topic<infer Data> ? Data : unknown

/** What a request on a topic is replied. A bare name says nothing about it. */
export type RepliedTo<T extends string | Topic> = T extends Topic<unknown, infer Reply> ? Reply : unknown

/** Makes a topic: `topic('order.created', { schema: Order })`, for requests `topic('price', { schema: Item, reply: Price })`. */
export function topic<Data = unknown, Reply = unknown>(
  name: string,
  options: Omit<Topic<Data, Reply>, 'name'> = {},
): Topic<Data, Reply> {
  return { name, ...options }
}
