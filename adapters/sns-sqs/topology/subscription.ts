import { saidBy } from '../client/errors.ts'
import type { Aws } from '../client/sdk.ts'
import type { ResolvedSourceOptions } from '../sources/options.ts'

/** The attributes of a subscription, as SNS names them, that the options of a source set. */
export function subscriptionAttributes(
  options: Pick<ResolvedSourceOptions, 'filterPolicy' | 'filterPolicyScope' | 'rawMessageDelivery'>,
): Readonly<Record<string, string>> {
  const { filterPolicy, filterPolicyScope, rawMessageDelivery } = options
  const policy = typeof filterPolicy === 'string' ? filterPolicy : JSON.stringify(filterPolicy ?? {})
  return {
    // Set the scope first: the filter may not be valid in the old scope.
    ...(filterPolicyScope && { FilterPolicyScope: filterPolicyScope }),
    ...(filterPolicy !== undefined && { FilterPolicy: policy }),
    ...(rawMessageDelivery !== undefined && { RawMessageDelivery: String(rawMessageDelivery) }),
  }
}

/** Subscribes a queue to a topic. A subscription that exists keeps its attributes, except for those in `wanted`. */
export async function subscribe(
  aws: Aws,
  topicArn: string,
  queueArn: string,
  wanted: Readonly<Record<string, string>>,
): Promise<string> {
  const subscription = {
    TopicArn: topicArn,
    Protocol: 'sqs',
    Endpoint: queueArn,
    ReturnSubscriptionArn: true,
  }
  try {
    const { SubscriptionArn = '' } = await aws.sns.subscribe({ ...subscription, Attributes: wanted })
    return SubscriptionArn
  } catch (error) {
    if (!/already exists with different attributes/i.test(saidBy(error))) throw error
  }
  const arn = await existing(aws, topicArn, queueArn)
  const { Attributes: present = {} } = await aws.sns.getSubscriptionAttributes({ SubscriptionArn: arn })
  for (const [AttributeName, AttributeValue] of Object.entries(wanted)) {
    if (isSame(AttributeName, present[AttributeName], AttributeValue)) continue
    await aws.sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName, AttributeValue })
  }
  return arn
}

async function existing(aws: Aws, topicArn: string, queueArn: string): Promise<string> {
  let NextToken: string | undefined
  do {
    const page = await aws.sns.listSubscriptionsByTopic({
      TopicArn: topicArn,
      ...(NextToken === undefined ? {} : { NextToken }),
    })
    const found = page.Subscriptions?.find(({ Endpoint }) => Endpoint === queueArn)
    if (found?.SubscriptionArn) return found.SubscriptionArn
    NextToken = page.NextToken
  } while (NextToken)
  throw new Error(`the subscription of ${queueArn} to ${topicArn} cannot be found`)
}

function isSame(name: string, present: string | undefined, wanted: string): boolean {
  if (name !== 'FilterPolicy') return (present ?? 'false') === wanted
  return canonical(present ?? '{}') === canonical(wanted)
}

function canonical(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json || '{}'))
  } catch {
    return json
  }
}
