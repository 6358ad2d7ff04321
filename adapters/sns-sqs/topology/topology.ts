import type { Actor } from '../../../kernel/adapter-kit.ts'
import { getLogger, TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedOptions } from '../client/options.ts'
import type { PayloadStore } from '../client/payload-store.ts'
import type { Receipts } from '../client/receipts.ts'
import type { Aws } from '../client/sdk.ts'
import type { PlannedQueue } from '../sources/plan.ts'
import type { SnsSqsSource } from '../sources/source.ts'
import { isAddress, isPattern, placeOf, topicAddress } from '../wire/names.ts'
import type { Caller } from './caller.ts'
import { denying, policyChange } from './policy.ts'
import type { Queue, QueueAttributes, Queues } from './queues.ts'
import { type Subscription, snsOf, subscribe, subscriptionAttributes } from './subscription.ts'
import type { Topics } from './topics.ts'

/** How many seconds messages stay in a dead-letter queue: 14 days, the most that SQS allows. */
const deadLetterRetention = '1209600'
/** SQS's own defaults, in seconds. */
const standardVisibility = 30
const standardRetention = 345_600

/** A queue that can be received from. */
export interface ReceivableQueue {
  readonly url: string
  readonly arn: string
  /** Seconds that a received message is hidden. */
  readonly visibilityTimeout: number
  /** Seconds that the queue keeps a message, from when it was sent. */
  readonly retention: number
  /** After how many receives SQS itself moves a message away; `Infinity` without a redrive policy. */
  readonly maxReceiveCount: number
  readonly plan: PlannedQueue
  /** ARNs of the topics of each actor; for a pattern, those that existed at the start. */
  readonly topics: ReadonlyMap<Actor<SnsSqsSource>, readonly string[]>
  readonly subscriptions: readonly Subscription[]
  /** Whether it belongs to another account, and so cannot be changed. */
  readonly isForeign: boolean
}

/** A queue that gets the messages of topics, as whoever creates the topics again sees it. */
export interface TopicConsumer {
  consumes(topicArn: string): boolean
  /** Subscribes again. Never rejects. */
  restore(reason: string): Promise<void>
}

/** What the parts of a link share. */
export interface Tools {
  readonly aws: Aws
  readonly caller: Caller
  readonly topics: Topics
  readonly queues: Queues
  readonly receipts: Receipts
  /** Undefined without the option `largePayloads`. */
  readonly payloads: PayloadStore | undefined
  readonly options: ResolvedOptions
  /** The queues that are consumed. */
  readonly consumers: Set<TopicConsumer>
}

/**
 * Creates what a queue needs to receive the messages of its actors: queue, dead-letter queue, topics, policy,
 * subscriptions. It changes only what is missing or different, and with `declare: false` nothing.
 */
export async function receivable(plan: PlannedQueue, tools: Tools): Promise<ReceivableQueue> {
  const { queues, options } = tools
  const { address, isOurs } = plan
  const url = await (isOurs && options.declare
    ? queues.ensure(address, encryption(options), options.tags)
    : queues.find(address, isOurs))
  // A queue that must exist is missed now, not when there is a letter for it.
  if (isAddress(plan.deadLetter)) checkLoop(plan, url, await queues.find(plan.deadLetter))
  const queue = await queues.look(url)
  const topics = new Map<Actor<SnsSqsSource>, readonly string[]>()
  for (const actor of plan.actors) topics.set(actor, await topicsOf(actor, tools))
  const topicArns = [...topics.values()].flat()
  warnOfDenial(queue, plan, topicArns, options)
  const isForeign = options.declare && (await isOfOtherAccount(address, tools))
  const subscriptions: Subscription[] = []
  if (options.declare) {
    if (!isForeign) await change(url, await changesTo(queue, plan, topicArns, tools), tools)
    for (const [{ source }, arns] of topics) {
      const wanted = subscriptionAttributes(source.options)
      for (const arn of arns) subscriptions.push(await subscribe(tools.aws, arn, queue.arn, wanted))
    }
  }
  const { VisibilityTimeout = standardVisibility, MessageRetentionPeriod, RedrivePolicy } = queue.attributes
  const { deadLetterQueueName, maxReceiveCount } = plan.settings
  const present = deadLetterQueueName === null ? undefined : redriveIn(RedrivePolicy).maxReceiveCount
  return {
    url,
    arn: queue.arn,
    visibilityTimeout:
      secondsIn(plan.settings.visibilityTimeout) ?? (Number(VisibilityTimeout) || standardVisibility),
    retention: Number(MessageRetentionPeriod) || standardRetention,
    maxReceiveCount: Number(maxReceiveCount ?? present) || Number.POSITIVE_INFINITY,
    plan,
    topics,
    subscriptions,
    isForeign,
  }
}

/** Removes the queue of one instance, and its subscriptions. */
export async function removeOwn({ url, subscriptions }: ReceivableQueue, { aws }: Tools): Promise<void> {
  for (const { arn: SubscriptionArn, topicArn } of subscriptions)
    await snsOf(aws, topicArn).unsubscribe({ SubscriptionArn })
  await aws.sqs.deleteQueue({ QueueUrl: url })
}

/** Throws `DEAD_LETTER_LOOP` if a queue is its own dead-letter queue, under another name. */
function checkLoop({ name, deadLetter }: PlannedQueue, url: string, deadLetterUrl: string): void {
  if (url === deadLetterUrl)
    throw new TomodachiError('DEAD_LETTER_LOOP', { way: `"${name}" → "${deadLetter}"` })
}

async function change(QueueUrl: string, Attributes: QueueAttributes, { aws }: Tools): Promise<void> {
  if (Object.keys(Attributes).length > 0) await aws.sqs.setQueueAttributes({ QueueUrl, Attributes })
}

/** SQS does not let other accounts change a queue (SQS developer guide, "Limitations of cross-account permissions"). */
async function isOfOtherAccount(address: string, { caller }: Tools): Promise<boolean> {
  const owner = isAddress(address) ? placeOf(address).account : undefined
  return owner !== undefined && owner !== (await caller.identity()).account
}

function warnOfDenial(
  { arn, attributes }: Queue,
  { name }: PlannedQueue,
  topicArns: readonly string[],
  options: ResolvedOptions,
): void {
  const denial = denying(attributes.Policy, arn, topicArns)
  if (denial)
    getLogger(`tomodachi.${options.name}`).warn(
      'a statement in the policy of a queue denies its topic to send; no messages of it arrive',
      { queue: name, ...denial },
    )
}

/** Creates the dead-letter queue if it does not exist and that is allowed. Resolves with its URL. */
export async function ensureDeadLetter(deadLetter: string, { queues, options }: Tools): Promise<string> {
  if (!options.declare || isAddress(deadLetter)) return queues.urlOf(deadLetter)
  const attributes = { ...encryption(options), MessageRetentionPeriod: deadLetterRetention }
  return queues.ensure(deadLetter, attributes, options.tags)
}

async function topicsOf({ source }: Actor<SnsSqsSource>, { topics, options }: Tools) {
  if (source.isQueue) return []
  const { topicPrefix: prefix } = options
  const name = topicAddress(source.topic.name, { prefix, fifo: source.fifo })
  if (!isPattern(name)) return [await topics.arnOf(name)]
  const arns = await topics.matching(name)
  if (arns.length === 0) {
    const log = getLogger(`tomodachi.${options.name}`)
    log.warn('no topic matches the pattern; topics created later are not consumed', {
      topic: source.topic.name,
    })
  }
  return arns
}

async function changesTo(
  queue: Queue,
  { settings, deadLetter }: PlannedQueue,
  topicArns: readonly string[],
  tools: Tools,
): Promise<QueueAttributes> {
  const { options } = tools
  const { attributes, arn } = queue
  const wanted = {
    VisibilityTimeout: secondsIn(settings.visibilityTimeout),
    KmsMasterKeyId: options.sqsKmsMasterKeyId,
    KmsDataKeyReusePeriodSeconds: secondsIn(options.sqsKmsDataKeyReusePeriod),
    Policy: topicArns.length > 0 ? policyChange(attributes.Policy, arn, topicArns, options) : undefined,
    RedrivePolicy: await redriveChange(attributes.RedrivePolicy, settings, deadLetter, tools),
  }
  const changes: QueueAttributes = {}
  for (const [name, value] of Object.entries(wanted) as [keyof typeof wanted, unknown][])
    if (value !== undefined && (attributes[name] ?? '') !== String(value)) changes[name] = String(value)
  return changes
}

/** The redrive policy to set; undefined if it stays as it is. */
async function redriveChange(
  present: string | undefined,
  { deadLetterQueueName, maxReceiveCount }: PlannedQueue['settings'],
  deadLetter: string,
  tools: Tools,
): Promise<string | undefined> {
  if (deadLetterQueueName === null) return ''
  if (deadLetterQueueName === undefined) return undefined
  const { arn } = await tools.queues.look(await ensureDeadLetter(deadLetter, tools))
  const { deadLetterTargetArn, maxReceiveCount: most } = redriveIn(present)
  if (deadLetterTargetArn === arn && Number(most) === maxReceiveCount) return undefined
  return JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount })
}

/** The contents of a redrive policy; an empty object if there is none. */
export function redriveIn(policy = ''): { deadLetterTargetArn?: string; maxReceiveCount?: number | string } {
  try {
    return JSON.parse(policy)
  } catch {
    return {}
  }
}

function encryption({
  sqsKmsMasterKeyId: key,
  sqsKmsDataKeyReusePeriod: period,
}: ResolvedOptions): QueueAttributes {
  return {
    ...(key && { KmsMasterKeyId: key }),
    ...(period && { KmsDataKeyReusePeriodSeconds: String(secondsIn(period)) }),
  }
}

function secondsIn(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1_000
}
