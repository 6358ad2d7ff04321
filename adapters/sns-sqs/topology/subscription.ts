import { saidBy } from '../client/errors.ts'
import type { Aws } from '../client/sdk.ts'
import type { ResolvedSourceOptions } from '../sources/options.ts'
import { placeOf } from '../wire/names.ts'

/** Attributes of a subscription, as SNS names them. */
type Attributes = Readonly<Record<string, string>>

/** The subscription of a queue to a topic. */
export interface Subscription {
  readonly arn: string
  readonly topicArn: string
  /** The attributes that it should have; it may have others. */
  readonly wanted: Attributes
}

/** The attributes of a subscription, as SNS names them, that the options of a source set. */
export function subscriptionAttributes(
  options: Pick<ResolvedSourceOptions, 'filterPolicy' | 'filterPolicyScope' | 'rawMessageDelivery'>,
): Attributes {
  const { filterPolicy, filterPolicyScope, rawMessageDelivery = false } = options
  const policy = typeof filterPolicy === 'string' ? filterPolicy : JSON.stringify(filterPolicy ?? {})
  return {
    // Set the scope first: the filter may not be valid in the old scope.
    ...(filterPolicyScope && { FilterPolicyScope: filterPolicyScope }),
    ...(filterPolicy !== undefined && { FilterPolicy: policy }),
    // Handlers read bodies by this option, so a subscription does not keep its own setting.
    RawMessageDelivery: String(rawMessageDelivery),
  }
}

/** Subscribes a queue to a topic. A subscription that exists keeps its attributes, except for those in `wanted`. */
export async function subscribe(
  aws: Aws,
  topicArn: string,
  queueArn: string,
  wanted: Attributes,
): Promise<Subscription> {
  const sns = snsOf(aws, topicArn)
  try {
    const { SubscriptionArn: arn = '' } = await sns.subscribe({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      ReturnSubscriptionArn: true,
      Attributes: wanted,
    })
    return { arn, topicArn, wanted }
  } catch (error) {
    if (!/already exists with different attributes/i.test(saidBy(error))) throw error
  }
  const subscription = { arn: await existing(aws, topicArn, queueArn), topicArn, wanted }
  const present = await attributesOf(aws, subscription)
  for (const name of changed(subscription, present)) {
    const change = { AttributeName: name, AttributeValue: wanted[name] }
    await sns.setSubscriptionAttributes({ SubscriptionArn: subscription.arn, ...change })
  }
  return subscription
}

/** The present attributes of a subscription. Rejects if it does not exist. */
export async function attributesOf(aws: Aws, { arn, topicArn }: Subscription): Promise<Attributes> {
  const { Attributes = {} } = await snsOf(aws, topicArn).getSubscriptionAttributes({ SubscriptionArn: arn })
  return Attributes
}

/** The names of attributes that are not as wanted. */
export function changed({ wanted }: Subscription, present: Attributes): readonly string[] {
  return Object.keys(wanted).filter((name) => !isSame(name, present[name], wanted[name] ?? ''))
}

/** The client for a topic: topics of other regions are subscribed to, and published to, in their own region. */
export function snsOf(aws: Aws, topicArn: string): Aws['sns'] {
  return aws.snsIn(placeOf(topicArn).region ?? aws.region)
}

async function existing(aws: Aws, topicArn: string, queueArn: string): Promise<string> {
  const pages = snsOf(aws, topicArn).paginateListSubscriptionsByTopic({ TopicArn: topicArn })
  for await (const { Subscriptions = [] } of pages) {
    const found = Subscriptions.find(({ Endpoint }) => Endpoint === queueArn)
    if (found?.SubscriptionArn) return found.SubscriptionArn
  }
  throw new Error(`the subscription of ${queueArn} to ${topicArn} cannot be found`)
}

function isSame(name: string, present: string | undefined, wanted: string): boolean {
  if (name === 'FilterPolicy') return canonical(present ?? '{}') === canonical(wanted)
  return (present ?? standard[name]) === wanted
}

/** What SNS assumes for attributes that were never set. */
const standard: Attributes = { RawMessageDelivery: 'false', FilterPolicyScope: 'MessageAttributes' }

function canonical(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json || '{}'))
  } catch {
    return json
  }
}
