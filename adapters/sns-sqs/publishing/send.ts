import type { Sending } from '../../../kernel/adapter-kit.ts'
import { getLogger, hasCode, TomodachiError } from '../../../kernel/index.ts'
import { tell } from '../client/batches.ts'
import { awsError, isForbidden, isMissing, isTransient, isUnsent, saidBy } from '../client/errors.ts'
import { snsOf } from '../topology/subscription.ts'
import { ensureDeadLetter, type Tools } from '../topology/topology.ts'
import type { AwsMessage } from '../wire/outgoing.ts'

type Messages = readonly Sending<AwsMessage>[]

/**
 * Sends messages to one target in one call, and confirms or fails each. Rejects if the call is refused because of a
 * message, nobody knows which.
 */
export async function send(messages: Messages, tools: Tools, again = true): Promise<void> {
  const looking = await Promise.allSettled(messages.map(({ message }) => find(message, tools)))
  let target = ''
  const found = messages.filter((sending, place) => {
    const look = looking[place] as PromiseSettledResult<string>
    if (look.status === 'fulfilled') target = look.value
    else sending.fail(look.reason)
    return look.status === 'fulfilled'
  })
  const [first] = found
  if (!first) return
  try {
    tell(found, await call(target, found, tools), inOurWords)
  } catch (error) {
    if (again && isMissing(error)) {
      // The target was found before but is gone now. Find it again, or create it, once.
      await replace(target, first.message, tools)
      return send(found, tools, false)
    }
    const reason = inOurWords(error, first.message)
    if (isAboutMessages(error, reason)) throw reason
    for (const sending of found) sending.fail(inOurWords(error, sending.message))
  }
}

/** Whether a call was refused for what is in it, not for who makes it. */
function isAboutMessages(error: unknown, reason: Error): boolean {
  return (
    !isTransient(error) && !isForbidden(error) && !isMissing(error) && !hasCode(reason, 'CREDENTIALS_REFUSED')
  )
}

/** The ARN of a message's topic, or the URL of its queue. Either is created if it is missing and that is allowed. */
async function find({ kind, address, wishes, stored }: AwsMessage, tools: Tools): Promise<string> {
  const { topics, queues, payloads } = tools
  try {
    if (stored) await payloads?.put(stored)
    if (kind === 'topic') return await topics.arnOf(address, wishes)
    return await (kind === 'queue' ? queues.urlOf(address) : ensureDeadLetter(address, tools))
  } catch (error) {
    throw isTransient(error)
      ? new Error(saidBy(error), { cause: error })
      : awsError(error, `the ${kind} ${address}`)
  }
}

/** A topic that is created again has no subscriptions, so the queues of this bus subscribe before anything is published. */
async function replace(target: string, message: AwsMessage, tools: Tools): Promise<void> {
  const { kind, address, subject } = message
  if (kind !== 'topic') return tools.queues.forget(address)
  tools.topics.forget(target)
  // If it cannot be created, whoever looks for it next is told.
  if (!(await find(message, tools).catch(() => undefined))) return
  const consumers = [...tools.consumers].filter((consumer) => consumer.consumes(target))
  getLogger(`tomodachi.${tools.options.name}`).warn(
    'a topic was gone and has been created again; other consumers miss its messages until they subscribe again',
    { topic: subject, subscribing: consumers.length },
  )
  await Promise.all(consumers.map((consumer) => consumer.restore(`the topic ${subject} was gone`)))
}

function call(target: string, messages: Messages, { aws }: Tools) {
  const entries = messages.map(({ message: { text, attributes, fifo, delay } }, place) => ({
    Id: String(place),
    text,
    delay,
    MessageAttributes: attributes,
    ...(fifo && { MessageGroupId: fifo.groupId, MessageDeduplicationId: fifo.deduplicationId }),
  }))
  if (messages[0]?.message.kind === 'topic') {
    return snsOf(aws, target).publishBatch({
      TopicArn: target,
      PublishBatchRequestEntries: entries.map(({ text, delay: _, ...entry }) => ({
        ...entry,
        Message: text,
      })),
    })
  }
  return aws.sqs.sendMessageBatch({
    QueueUrl: target,
    Entries: entries.map(({ text, delay, ...entry }) => ({
      ...entry,
      MessageBody: text,
      ...(delay && { DelaySeconds: delay }),
    })),
  })
}

/** Turns a failure into one of our errors, unless the same call may succeed a moment later. */
function inOurWords(error: unknown, { kind, subject: topic }: AwsMessage): Error {
  if (isTransient(error)) return new Error(saidBy(error), { cause: error })
  if (isUnsent(error))
    return new TomodachiError('PAYLOAD_UNBUILDABLE', { topic, reason: saidBy(error) }, { cause: error })
  if (isMissing(error))
    return new TomodachiError('BROKER_OBJECT_MISSING', { kind, name: topic }, { cause: error })
  const known = awsError(error, `publishing to ${topic}`)
  if (known.code === 'CREDENTIALS_REFUSED') return known
  return new TomodachiError('PUBLISH_REFUSED', { topic, reason: saidBy(error) }, { cause: error })
}
