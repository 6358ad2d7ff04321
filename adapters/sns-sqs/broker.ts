import {
  type Actor,
  type Broker,
  type BrokerSession,
  kernelOf,
  type Link,
  outside,
  type RunningService,
} from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { batchBytes, batchSize } from './client/batches.ts'
import { tried } from './client/calls.ts'
import { type Emulator, startEmulator } from './client/embedded.ts'
import { awsError, isForbidden } from './client/errors.ts'
import type { ResolvedOptions } from './client/options.ts'
import { loadS3, PayloadStore } from './client/payload-store.ts'
import { Receipts } from './client/receipts.ts'
import { type Aws, connectAws } from './client/sdk.ts'
import type { Handle } from './consuming/arrival.ts'
import { Attempts } from './consuming/attempts.ts'
import { QueueConsumer } from './consuming/consumer.ts'
import { deadLettersIn } from './dead-letters/queues.ts'
import { Invocations, type Invoked } from './lambda/invocations.ts'
import { send } from './publishing/send.ts'
import { type ResolvedSourceOptions, topicShapes } from './sources/options.ts'
import { type PlannedQueue, plan } from './sources/plan.ts'
import { type SnsSqsSource, sourceParts } from './sources/source.ts'
import { storedParts } from './sources/stored.ts'
import { Caller } from './topology/caller.ts'
import { Inspection } from './topology/inspection.ts'
import { Queues } from './topology/queues.ts'
import { Topics } from './topology/topics.ts'
import { type ReceivableQueue, receivable, type Tools } from './topology/topology.ts'
import { isFifo } from './wire/names.ts'
import { type AwsMessage, topicMessage } from './wire/outgoing.ts'
import { publishShapes, type ResolvedPublishOptions } from './wire/publish-options.ts'

/**
 * Nothing is received while so many messages wait in the process for their key, their topic's handler or their batch,
 * because SQS has counted the receive of each.
 */
const readAhead = 5

type Session = BrokerSession<AwsMessage>
type SnsSqsLink = Link<PlannedQueue, Handle, AwsMessage>

/** SNS and SQS as the broker of a bus. */
export interface SnsSqsBroker extends Broker<PlannedQueue, Handle, AwsMessage> {
  /** URL of a queue. Rejects with `BROKER_OBJECT_MISSING` if the queue does not exist, and with `ADAPTER_NOT_STARTED`. */
  urlOf(queue: string): Promise<string>
}

/** Makes the broker. Its clients are made when it connects. */
export function snsSqsBroker(options: ResolvedOptions): SnsSqsBroker {
  const { name, publishLinger: linger, publishTimeout } = options
  const invocations = new Invocations()
  // An earlier one may still be closing when the next one is open.
  const open = new Set<{ readonly tools: Tools; readonly signal: AbortSignal }>()
  const payloads = () => [...open].at(-1)?.tools.payloads
  return {
    transport: 'sns-sqs',
    owner: 'snsSqs',
    topicOptions: topicShapes,
    publishOptions: publishShapes,
    limits: { entries: batchSize, bytes: batchBytes, linger, inOrder: isFifo },
    source(topic, given, more, common): Invoked {
      const resolved = given as ResolvedSourceOptions
      const { batch } = resolved
      const parts = sourceParts(topic, resolved, more)
      return {
        ...parts,
        ...(options.largePayloads && storedParts(common, resolved, payloads, parts)),
        ...(batch && { batch: invocations.batchOf(batch) }),
        invocations,
      }
    },
    readAhead,
    plan: (actors) => plan(actors as readonly Actor<SnsSqsSource>[], options),
    async connect(session, queues) {
      const s3 = options.largePayloads && (await loadS3(name))
      const emulator = options.embedded ? await startEmulator(options) : undefined
      const aws = await clientsOf(options, session, emulator)
      const tools = toolsOf(
        aws,
        options,
        s3 && new PayloadStore(s3, aws.sqs.config, options, emulator?.endpoint),
      )
      const opened = { tools, signal: session.signal }
      open.add(opened)
      return linkOf(tools, session, queues, invocations, async () => {
        open.delete(opened)
        tools.receipts.close()
        tools.payloads?.close()
        aws.close()
        await emulator?.stop()
      })
    },
    isPassing: (error) => !(error instanceof TomodachiError),
    outgoing: (topic, encoded, publishing) =>
      topicMessage(topic, encoded, publishing as ResolvedPublishOptions, options),
    async urlOf(queue) {
      const operation = `sending to ${queue}`
      const latest = [...open].at(-1)
      if (!latest) throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation })
      const { tools, signal } = latest
      return tried(`the queue ${queue}`, () => tools.queues.urlOf(queue), publishTimeout, signal)
    },
  }
}

function toolsOf(aws: Aws, options: ResolvedOptions, payloads: PayloadStore | undefined): Tools {
  const caller = new Caller(aws)
  return {
    aws,
    caller,
    topics: new Topics(aws, caller, options),
    queues: new Queues(aws),
    receipts: new Receipts(aws),
    payloads,
    options,
    consumers: new Set(),
  }
}

/** Rejects without leaving anything open. */
async function clientsOf(
  options: ResolvedOptions,
  { bus, isCheck }: Session,
  emulator?: Emulator,
): Promise<Aws> {
  let aws: Aws | undefined
  try {
    aws = await connectAws(options, bus, emulator?.endpoint)
    await aws.prepare()
    if (isCheck) await answered(aws)
    return aws
  } catch (error) {
    aws?.close()
    await emulator?.stop()
    throw awsError(error, 'AWS')
  }
}

/** Resolves when SQS has answered with these credentials. That something is not permitted is an answer too. */
async function answered({ sqs }: Aws): Promise<void> {
  await sqs.listQueues({ MaxResults: 1 }).catch((error: unknown) => {
    if (!isForbidden(error)) throw error
  })
}

/** How long a stop waits for each consumer: from the end of its delay, which is the longest of all services that stop together. */
function drainsOf(planned: readonly PlannedQueue[]): readonly number[] {
  const consuming = planned.flatMap(({ actors }) => actors.map(({ service }) => service))
  const stopping: readonly RunningService[] = consuming.flatMap(
    (service) => kernelOf(service)?.services ?? service,
  )
  const delay = Math.max(0, ...stopping.map(({ stopDelay }) => stopDelay))
  return consuming.map(({ drainTimeout }) => Math.max(0, drainTimeout - delay))
}

function linkOf(
  tools: Tools,
  session: Session,
  planned: readonly PlannedQueue[],
  invocations: Invocations,
  close: () => Promise<void>,
): SnsSqsLink {
  // A stop waits for the last receive, so a receive must not take longer than the drain may.
  const shortest = Math.min(tools.options.waitTime, ...drainsOf(planned))
  const waitTime = Math.max(1, Math.floor(shortest / 1_000))
  if (shortest < tools.options.waitTime)
    session.log.info(
      'receives wait for less than waitTime, because a stop waits for them until drainTimeout, after stopDelay',
      {
        waitTime: waitTime * 1_000,
        left: shortest,
      },
    )
  const inspection = new Inspection(tools)
  const context = { session, tools, inspection, attempts: new Attempts(), waitTime }
  const addresses = new Map<string, string>()
  return {
    async consume(queue, receiver) {
      if (invocations.areAwaited) return invocations.consume(queue, receiver, context)
      try {
        const found = await receivable(queue, tools)
        checkNames(addresses, found)
        return new QueueConsumer(found, receiver, context)
      } catch (error) {
        throw awsError(error, `the queue ${queue.address}`)
      }
    },
    send: (_, messages) => outside(send, undefined, messages, tools, true),
    ...deadLettersIn(tools, session),
    close,
  }
}

/** Two consumers of one queue would take each other's messages. Throws `QUEUE_NAMED_TWICE`. */
function checkNames(addresses: Map<string, string>, { arn, plan: { address } }: ReceivableQueue): void {
  const other = addresses.get(arn) ?? address
  if (other !== address) throw new TomodachiError('QUEUE_NAMED_TWICE', { one: other, other: address })
  addresses.set(arn, address)
}
