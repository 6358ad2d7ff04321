import { Kernel, type Service, TomodachiError } from '../../../kernel/index.ts'
import { isFifo, shortName } from '../wire/names.ts'
import {
  type InvocationContext,
  recordsIn,
  type SqsBatchResponse,
  type SqsEvent,
  type SqsRecord,
} from './event.ts'
import type { Invocations, Invoked } from './invocations.ts'
import type { InvokedQueue, TakenRecord } from './invoked-queue.ts'

/** How long before the end of an invocation its messages are given up, so that the answer is in time: in milliseconds. */
const margin = 500

/** A function of AWS Lambda whose event source is a queue of SQS. */
export type SqsHandler = (event: SqsEvent, context?: InvocationContext) => Promise<SqsBatchResponse>

/**
 * Makes the handler of an AWS Lambda function: it hands the messages of an SQS event to the handlers of these services,
 * and answers which messages failed.
 *
 *     export const handler = lambda(service)
 *
 * The services start with the first invocation and run as long as the container lives. Nothing is polled or declared for
 * their queues; a message goes to the handlers of the queue that its record names. What is acked or dropped counts as
 * done. A message that is retried or released is a failure. A dead letter is sent to the dead-letter queue and then
 * counts as done; if it cannot be sent, it is a failure. After a failure in a message group of FIFO all later messages of
 * the group are failures. Half a second before the invocation ends, the messages whose handlers still run are taken from
 * them and are failures.
 *
 * The function rejects with `LAMBDA_EVENT_INVALID`, with `LAMBDA_QUEUE_UNKNOWN`, and with the error of a start that
 * failed; the next invocation then tries to start again. Enable `ReportBatchItemFailures` for the event source, or Lambda
 * deletes what failed.
 */
export function lambda(...services: readonly Service<unknown>[]): SqsHandler {
  let starting: Promise<Kernel> | undefined
  let kernel: Kernel | undefined
  const invocations = new Set(services.flatMap(invocationsOf))
  return async (event, context) => {
    const records = recordsIn(event)
    if (kernel?.state === 'stopped') starting = undefined
    starting ??= start(services, invocations)
    try {
      kernel = await starting
    } catch (error) {
      starting = undefined
      throw error
    }
    const queues = records.map((record) => queueOf(record, invocations))
    const taken = takenFrom(records, (record, place) => (queues[place] as InvokedQueue).take(record))
    await ended(taken, kernel, context)
    return { batchItemFailures: failuresIn(records, taken) }
  }
}

async function start(
  services: readonly Service<unknown>[],
  invocations: ReadonlySet<Invocations>,
): Promise<Kernel> {
  const kernel = new Kernel(services, { ownsProcess: false })
  for (const each of invocations) each.awaitIn(kernel)
  try {
    return await kernel.start()
  } catch (error) {
    for (const each of invocations) each.awaitIn(undefined)
    throw error
  }
}

function invocationsOf({ registrations }: Service<unknown>): readonly Invocations[] {
  return registrations.flatMap(({ source }) => (source as Partial<Invoked>).invocations ?? [])
}

function queueOf({ eventSourceARN }: SqsRecord, invocations: ReadonlySet<Invocations>) {
  const name = shortName(eventSourceARN)
  for (const each of invocations) {
    const queue = each.queue(name)
    if (queue) return queue
  }
  const consumed = [...invocations].flatMap(({ queues }) => queues).join(', ') || 'no queue'
  throw new TomodachiError('LAMBDA_QUEUE_UNKNOWN', { queue: name, consumed })
}

/** Hands the records over. In FIFO nothing follows a message of its group that has failed at once. */
function takenFrom(records: readonly SqsRecord[], take: (record: SqsRecord, place: number) => TakenRecord) {
  const failedGroups = new Set<string>()
  return records.map((record, place) => {
    const group = groupOf(record)
    if (group !== undefined && failedGroups.has(group)) return undefined
    const taken = take(record, place)
    if (taken.isDone === false && group !== undefined) failedGroups.add(group)
    return taken
  })
}

/** Resolves when all messages are answered and publishes that nobody awaits are sent, or the invocation is about to end. */
async function ended(
  taken: readonly (TakenRecord | undefined)[],
  kernel: Kernel,
  context: InvocationContext | undefined,
): Promise<void> {
  const remaining = context?.getRemainingTimeInMillis()
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<void>((resolve) => {
    if (remaining === undefined) return
    const giveUp = () => {
      for (const record of taken) record?.lose('the invocation is about to end')
      resolve()
    }
    timer = setTimeout(giveUp, remaining - Math.min(margin, remaining / 10))
  })
  await Promise.all(taken.map((record) => record?.done))
  const idle = Promise.all(kernel.adapters().map((adapter) => adapter.idle?.()))
  await Promise.race([idle, end])
  clearTimeout(timer)
}

/** What has failed, and in FIFO also what comes after it in its group, whatever became of that. */
function failuresIn(records: readonly SqsRecord[], taken: readonly (TakenRecord | undefined)[]) {
  const failedGroups = new Set<string>()
  const failures = records.filter((record, place) => {
    const group = groupOf(record)
    if (taken[place]?.isDone && (group === undefined || !failedGroups.has(group))) return false
    if (group !== undefined) failedGroups.add(group)
    return true
  })
  return failures.map(({ messageId }) => ({ itemIdentifier: messageId }))
}

/** The message group of a record from a FIFO queue. */
function groupOf({ attributes, eventSourceARN }: SqsRecord): string | undefined {
  return isFifo(eventSourceARN) ? attributes.MessageGroupId : undefined
}
