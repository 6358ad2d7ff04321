import type { Format } from '../envelopes/index.ts'
import type { Schema } from './schema.ts'

/** A contract that publisher and consumer share: a name, and what its data looks like. */
export interface Topic<Data = unknown> {
  readonly name: string
  /** Data is checked by it when it is published and when it is received. */
  readonly schema?: Schema<unknown, Data>
  /** Wire format of the topic. Default: that of the bus. */
  readonly envelope?: Format
}

/** What is published to, and received from, a topic. A bare name says nothing about it. */
export type DataOf<T extends string | Topic> = T extends Topic<infer Data> ? Data : unknown

/** Makes a topic: `topic('order.created', { schema: Order })`. */
export function topic<Data = unknown>(
  name: string,
  options: { readonly schema?: Schema<unknown, Data>; readonly envelope?: Format } = {},
): Topic<Data> {
  return { name, ...options }
}
