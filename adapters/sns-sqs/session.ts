import type { Actor, AdapterStart, Deliver } from '../../kernel/adapter-kit.ts'
import { type Bus, TomodachiError } from '../../kernel/index.ts'
import { type Patience, patiently } from './call.ts'
import { Consumer } from './consumer.ts'
import { type Emulator, startEmulator } from './embedded.ts'
import { awsError } from './errors.ts'
import type { ResolvedOptions } from './options.ts'
import { plan } from './plan.ts'
import { Publisher } from './publisher.ts'
import { Queues } from './queues.ts'
import { type Aws, connectAws } from './sdk.ts'
import { Topics } from './topics.ts'
import { consumable, type Tools } from './topology.ts'

/** What there is from the start of the adapter to its close. */
export interface Session {
  readonly bus: Bus
  /** Whom messages name as their sender. */
  readonly sender: AdapterStart['sender']
  readonly emulator: Emulator | undefined
  readonly tools: Tools
  readonly publisher: Publisher
  readonly consumers: Consumer[]
}

/** Makes the clients, and starts the emulator where there is one. Rejects without leaving anything behind. */
export async function openSession(
  options: ResolvedOptions,
  bus: Bus,
  sender: AdapterStart['sender'],
): Promise<Session> {
  const emulator = options.embedded ? await startEmulator(options) : undefined
  let aws: Aws | undefined
  try {
    aws = await connectAws(options, bus, emulator?.endpoint)
    await aws.prepare()
  } catch (error) {
    aws?.close()
    await emulator?.stop()
    throw awsError(error, 'AWS')
  }
  const tools = { aws, topics: new Topics(aws, options), queues: new Queues(aws), options }
  return { bus, sender, emulator, tools, publisher: new Publisher(aws, options), consumers: [] }
}

/** Makes what the actors consume, and consumes it. */
export async function consume(
  { tools, publisher, consumers }: Session,
  actors: readonly Actor[],
  deliver: Deliver,
  signal: AbortSignal,
): Promise<void> {
  const { options } = tools
  const patience = { timeout: options.startTimeout, signal }
  // At a stop the last receive is waited for, which must not take longer than everything else may.
  const drain = Math.min(...actors.map(({ service }) => Math.floor(service.drainTimeout / 1_000)))
  const waitTime = Math.max(1, Math.min(options.waitTime, drain))
  const queues = await Promise.all(
    plan(actors, options).map((planned) =>
      tried(`the queue ${planned.queue}`, () => consumable(planned, tools), patience),
    ),
  )
  // Whoever closes within a start has closed what there was by then.
  if (signal.aborted) throw new TomodachiError('STOPPED_WHILE_STARTING', {})
  for (const queue of queues) consumers.push(new Consumer(queue, { tools, publisher, deliver, waitTime }))
  for (const consumer of consumers) consumer.start()
}

/** Ends it all: the receives, then the calls. */
export async function closeSession({ consumers, publisher, tools, emulator }: Session): Promise<void> {
  try {
    await Promise.all(consumers.map((consumer) => consumer.close()))
  } finally {
    publisher.close()
    tools.aws.close()
    await emulator?.stop()
  }
}

/** Makes calls until they go well; in the end with an error of ours. */
export async function tried<T>(subject: string, calls: () => Promise<T>, patience: Patience): Promise<T> {
  try {
    return await patiently(calls, patience)
  } catch (error) {
    if (patience.signal.aborted) throw new TomodachiError('STOPPED_WHILE_STARTING', {}, { cause: error })
    throw awsError(error, subject)
  }
}
