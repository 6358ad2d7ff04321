import { type DeadLetterQueues, hasCode } from '../../kernel/index.ts'
import { Aside } from './aside.ts'
import { parseArn } from './names.ts'
import { deadLetterOf, type PlannedQueue, plan } from './plan.ts'
import { nameIn } from './queues.ts'
import { type Session, tried } from './session.ts'

/** How long calls are tried, in milliseconds. */
const timeout = 10_000

/** What there is while the bus is started. */
export interface Running {
  readonly session: Session
  readonly signal: AbortSignal
}

/** What can be done with dead letters in SQS; `running` throws when the bus is not started. */
export function deadLetterQueues(running: (operation: string) => Running): DeadLetterQueues {
  return {
    async list(actors) {
      const at = running('listing dead letters')
      const queues = new Map<string, string[]>()
      for (const planned of plan(actors, at.session.tools.options)) {
        for (const name of await namesOf(planned, at))
          queues.set(name, [...(queues.get(name) ?? []), shortName(planned.queue)])
      }
      const counting = [...queues].map(async ([name, origins]) => {
        return { name, origins, count: (await attributeOf(name, 'ApproximateNumberOfMessages', at)) ?? 0 }
      })
      return (await Promise.all(counting)).map((queue) => ({ ...queue, count: Number(queue.count) }))
    },
    async peek(queue, { limit = 10 } = {}) {
      return (await find(queue, running(`looking at ${queue}`)))?.peek(limit) ?? []
    },
    async redrive(queue, { to, ...work } = {}) {
      return (await find(queue, running(`redriving ${queue}`)))?.redrive(to, work) ?? 0
    },
    async discard(queue, work = {}) {
      return (await find(queue, running(`discarding ${queue}`)))?.discard(work) ?? 0
    },
  }
}

/** A dead-letter queue; undefined when it does not exist. */
async function find(queue: string, at: Running): Promise<Aside | undefined> {
  const { session, signal } = at
  const url = await urlOf(queue, at)
  return url === undefined ? undefined : new Aside(queue, url, session, { timeout, signal })
}

/** Where messages of a queue are set aside: by this bus, and by the redrive policy that the queue has by now. */
async function namesOf(planned: PlannedQueue, at: Running): Promise<readonly string[]> {
  const { deadLetter, deadLetterQueueName } = planned.settings
  // That of a queue which goes with its instance can be found by that instance alone.
  if (planned.own && (deadLetter ?? deadLetterQueueName) === undefined) return []
  const { queueNamePrefix } = at.session.tools.options
  const own = deadLetterOf(planned, shortName(planned.queue), queueNamePrefix)
  const target = targetOf(await attributeOf(planned.queue, 'RedrivePolicy', at))
  return target === undefined || shortName(target) === shortName(own) ? [own] : [own, target]
}

/** An attribute of a queue; undefined when it does not exist. */
async function attributeOf(
  queue: string,
  name: 'ApproximateNumberOfMessages' | 'RedrivePolicy',
  at: Running,
): Promise<string | undefined> {
  const { session, signal } = at
  const url = await urlOf(queue, at)
  if (url === undefined) return undefined
  const look = () => session.tools.aws.sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: [name] })
  return (await tried(`the queue ${queue}`, look, { timeout, signal })).Attributes?.[name]
}

async function urlOf(queue: string, { session, signal }: Running): Promise<string | undefined> {
  const look = () => session.tools.queues.urlOf(queue)
  try {
    return await tried(`the queue ${queue}`, look, { timeout, signal })
  } catch (error) {
    if (hasCode(error, 'BROKER_OBJECT_MISSING')) return undefined
    throw error
  }
}

function targetOf(policy = ''): string | undefined {
  try {
    return (JSON.parse(policy) as { deadLetterTargetArn?: string }).deadLetterTargetArn
  } catch {
    return undefined
  }
}

/** The name in a name, an ARN or a URL. */
function shortName(queue: string): string {
  return parseArn(queue)?.resource ?? nameIn(queue)
}
