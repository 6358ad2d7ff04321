import type { Actor } from '../../kernel/adapter-kit.ts'
import { getLogger } from '../../kernel/index.ts'
import { isPattern, topicName } from './names.ts'
import type { ResolvedOptions } from './options.ts'
import type { PlannedQueue } from './plan.ts'
import { deadLetterOf } from './plan.ts'
import { policyChange } from './policy.ts'
import type { Queue, QueueAttributes, Queues } from './queues.ts'
import type { Aws } from './sdk.ts'
import type { SnsSqsSource } from './source.ts'
import { subscribe, subscriptionAttributes } from './subscription.ts'
import type { Topics } from './topics.ts'

/** Seconds that messages stay in a dead-letter queue: 14 days, the most that SQS can. */
const deadLetterRetention = '1209600'
/** SQS's own default, in seconds. */
const standardVisibility = 30

/** A queue that can be received from. */
export interface ConsumedQueue {
  readonly url: string
  readonly name: string
  readonly fifo: boolean
  /** Seconds that a received message is hidden. */
  readonly visibilityTimeout: number
  /** Where messages go that cannot be handled: name, ARN or URL. */
  readonly deadLetter: string
  readonly plan: PlannedQueue
  /** ARNs of the topics of each actor; of a pattern those that were there. */
  readonly topics: ReadonlyMap<Actor<SnsSqsSource>, readonly string[]>
  readonly subscriptions: readonly string[]
}

/** What the topology is made with. */
export interface Tools {
  readonly aws: Aws
  readonly topics: Topics
  readonly queues: Queues
  readonly options: ResolvedOptions
}

/**
 * Makes a queue receive what its actors are to handle: queue, dead-letter queue, topics, policy, subscriptions. Only what
 * is missing or different is made or set; without `declare` nothing is.
 */
export async function consumable(plan: PlannedQueue, tools: Tools): Promise<ConsumedQueue> {
  const { queues, options } = tools
  if (plan.mayBeMade) await queues.ensure(plan.queue, encryption(options))
  const queue = await queues.look(plan.queue)
  const topics = new Map<Actor<SnsSqsSource>, readonly string[]>()
  for (const actor of plan.actors) topics.set(actor, await topicsOf(actor, tools))
  const deadLetter = deadLetterOf(plan, queue.name, options.queueNamePrefix)
  const subscriptions: string[] = []
  if (options.declare) {
    const changes = await changesTo(queue, plan, [...topics.values()].flat(), deadLetter, tools)
    if (Object.keys(changes).length > 0)
      await tools.aws.sqs.setQueueAttributes({ QueueUrl: queue.url, Attributes: changes })
    for (const [{ source }, arns] of topics) {
      const wanted = subscriptionAttributes(source.options)
      for (const arn of arns) subscriptions.push(await subscribe(tools.aws, arn, queue.arn, wanted))
    }
  }
  const { VisibilityTimeout = standardVisibility } = queue.attributes
  return {
    url: queue.url,
    name: queue.name,
    fifo: plan.fifo,
    visibilityTimeout: plan.settings.visibilityTimeout ?? Number(VisibilityTimeout),
    deadLetter,
    plan,
    topics,
    subscriptions,
  }
}

/** Removes the queue of one instance alone, and its subscriptions. */
export async function removeOwn({ url, subscriptions }: ConsumedQueue, { aws }: Tools): Promise<void> {
  for (const SubscriptionArn of subscriptions) await aws.sns.unsubscribe({ SubscriptionArn })
  await aws.sqs.deleteQueue({ QueueUrl: url })
}

/** Makes the dead-letter queue when it does not exist and may be made. Resolves with its URL. */
export async function ensureDeadLetter(deadLetter: string, { queues, options }: Tools): Promise<string> {
  if (!options.declare || deadLetter.includes(':')) return queues.urlOf(deadLetter)
  return queues.ensure(deadLetter, {
    ...encryption(options),
    MessageRetentionPeriod: deadLetterRetention,
  })
}

async function topicsOf({ source }: Actor<SnsSqsSource>, { topics, options }: Tools) {
  if (source.isQueue) return []
  const { topicPrefix: prefix } = options
  const name = topicName(source.topic.name, { prefix, fifo: source.fifo })
  if (!isPattern(name)) return [await topics.arnOf(name)]
  const arns = await topics.matching(name)
  if (arns.length === 0) {
    const log = getLogger(`tomodachi.${options.name}`)
    log.warn('no topic matches the pattern; those made later are not seen', { topic: source.topic.name })
  }
  return arns
}

async function changesTo(
  queue: Queue,
  { settings }: PlannedQueue,
  topicArns: readonly string[],
  deadLetter: string,
  tools: Tools,
): Promise<QueueAttributes> {
  const { options } = tools
  const { visibilityTimeout, deadLetterQueueName, maxReceiveCount } = settings
  const { attributes } = queue
  const changes: QueueAttributes = {}
  const set = (name: keyof QueueAttributes, value: string | undefined) => {
    if (value !== undefined && (attributes[name] ?? '') !== value) changes[name] = value
  }
  set('VisibilityTimeout', visibilityTimeout === undefined ? undefined : String(visibilityTimeout))
  set('KmsMasterKeyId', options.sqsKmsMasterKeyId)
  if (options.sqsKmsDataKeyReusePeriod !== undefined)
    set('KmsDataKeyReusePeriodSeconds', String(options.sqsKmsDataKeyReusePeriod))
  if (topicArns.length > 0) set('Policy', policyChange(attributes.Policy, queue.arn, topicArns, options))
  if (deadLetterQueueName === null) set('RedrivePolicy', '')
  else if (deadLetterQueueName !== undefined) {
    const url = await ensureDeadLetter(deadLetter, tools)
    const { arn } = await tools.queues.look(url)
    if (!isRedrive(attributes.RedrivePolicy, arn, maxReceiveCount as number))
      set('RedrivePolicy', JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount }))
  }
  return changes
}

function isRedrive(present: string | undefined, arn: string, count: number): boolean {
  try {
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(present || '{}') as Record<string, unknown>
    return deadLetterTargetArn === arn && Number(maxReceiveCount) === count
  } catch {
    return false
  }
}

function encryption({ sqsKmsMasterKeyId, sqsKmsDataKeyReusePeriod }: ResolvedOptions): QueueAttributes {
  return {
    ...(sqsKmsMasterKeyId ? { KmsMasterKeyId: sqsKmsMasterKeyId } : {}),
    ...(sqsKmsDataKeyReusePeriod === undefined
      ? {}
      : { KmsDataKeyReusePeriodSeconds: String(sqsKmsDataKeyReusePeriod) }),
  }
}
