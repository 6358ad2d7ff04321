import type { Attributes, SpanOptions } from '@opentelemetry/api'
import type { Delivery } from '../../../kernel/index.ts'
import { api } from '../conventions/api.ts'
import { ownAttribute } from '../conventions/own-names.ts'
import { attribute, systemOf } from '../conventions/semantic-conventions.ts'
import { linksTo } from './parent.ts'

/** A source of messages, as far as its spans tell of it. */
interface TopicSource {
  readonly topic: { readonly name: string }
  readonly options: { readonly queue?: string | undefined }
}

/** What the messages of all brokers have, and what some of them have. */
interface MessageParts {
  readonly batch?: readonly { readonly headers: Readonly<Record<string, unknown>> }[]
  readonly topic?: unknown
  readonly routingKey?: unknown
  readonly exchange?: unknown
  readonly queueUrl?: unknown
}

/** What a span is begun with. */
export interface Beginning {
  readonly name: string
  readonly options: SpanOptions
}

/** Whether a delivery is of a message bus. */
export function isMessage({ actor }: Delivery): boolean {
  return typeof (actor.source as Partial<TopicSource>).topic?.name === 'string'
}

/**
 * The span of handling a message, or a batch of them. The destination is the topic, whatever the broker makes of it: a
 * service keeps its names when it moves to another.
 */
export function processing({ actor, envelope }: Delivery): Beginning {
  const { topic, options } = actor.source as unknown as TopicSource
  const given = envelope.given as MessageParts
  const published = textIn(given.topic) ?? textIn(given.routingKey) ?? topic.name
  const attributes: Attributes = {
    [attribute.MESSAGING_SYSTEM_NAME]: systemOf(actor.source.transport),
    [attribute.MESSAGING_OPERATION_NAME]: 'process',
    [attribute.MESSAGING_OPERATION_TYPE]: 'process',
    [attribute.MESSAGING_DESTINATION_NAME]: published,
  }
  if (published !== topic.name) attributes[attribute.MESSAGING_DESTINATION_TEMPLATE] = topic.name
  if (options.queue !== undefined)
    attributes[attribute.MESSAGING_DESTINATION_SUBSCRIPTION_NAME] = options.queue
  if (given.batch) attributes[attribute.MESSAGING_BATCH_MESSAGE_COUNT] = given.batch.length
  else addIdentity(attributes, envelope, given)
  const links = given.batch ? linksTo(given.batch) : []
  return { name: `process ${topic.name}`, options: { kind: api.SpanKind.CONSUMER, attributes, links } }
}

function addIdentity(
  attributes: Attributes,
  { id, attempt }: Delivery['envelope'],
  given: MessageParts,
): void {
  attributes[attribute.MESSAGING_MESSAGE_ID] = id
  attributes[ownAttribute.MESSAGE_ATTEMPT] = attempt
  const { routingKey, queueUrl } = given
  if (typeof routingKey === 'string') attributes[attribute.RABBITMQ_DESTINATION_ROUTING_KEY] = routingKey
  if (typeof queueUrl === 'string') attributes[attribute.AWS_SQS_QUEUE_URL] = queueUrl
}

const textIn = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
