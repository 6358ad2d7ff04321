import type { BrokerSession, Link } from '../../../kernel/adapter-kit.ts'
import { hasCode } from '../../../kernel/index.ts'
import { tried } from '../client/calls.ts'
import { isMissing } from '../client/errors.ts'
import type { PlannedQueue } from '../sources/plan.ts'
import { redriveIn, type Tools } from '../topology/topology.ts'
import { isAddress, shortName } from '../wire/names.ts'
import type { AwsMessage } from '../wire/outgoing.ts'
import { readerOf } from './reader.ts'

/** How long calls are repeated, in milliseconds. */
const timeout = 10_000

/** The methods of a link that deal with dead letters. */
export function deadLettersIn(
  tools: Tools,
  session: BrokerSession<AwsMessage>,
): Required<Pick<Link<PlannedQueue>, 'count' | 'countsRoughly' | 'open' | 'setAsideBy' | 'isSame'>> {
  const { aws, queues } = tools
  /** Repeats calls. Resolves with undefined when the queue has been deleted. */
  const patiently = <T>(queue: string, calls: () => Promise<T>) =>
    tried(`the queue ${queue}`, () => unlessMissing(queue, calls, tools), timeout, session.signal)

  /** URL of a queue; undefined when it does not exist. */
  async function find(queue: string): Promise<string | undefined> {
    try {
      return await patiently(queue, () => queues.urlOf(queue))
    } catch (error) {
      if (hasCode(error, 'BROKER_OBJECT_MISSING')) return undefined
      throw error
    }
  }

  /** The same, but undefined for a queue of another region, too. */
  async function findHere(queue: string): Promise<string | undefined> {
    try {
      return await find(queue)
    } catch (error) {
      if (hasCode(error, 'QUEUE_ELSEWHERE')) return undefined
      throw error
    }
  }

  /** An attribute of a queue; undefined when it does not exist. */
  async function attributeOf(queue: string, name: 'ApproximateNumberOfMessages' | 'RedrivePolicy') {
    const QueueUrl = await find(queue)
    if (QueueUrl === undefined) return undefined
    const look = () => aws.sqs.getQueueAttributes({ QueueUrl, AttributeNames: [name] })
    return (await patiently(queue, look))?.Attributes?.[name]
  }

  return {
    count: async (queue) => Number((await attributeOf(queue, 'ApproximateNumberOfMessages')) ?? 0),
    countsRoughly: true,
    async open(queue) {
      const url = await find(queue)
      if (url === undefined) return undefined
      return readerOf(url, tools, session, (calls) => patiently(queue, calls))
    },
    async isSame(one, other) {
      if (!(isAddress(one) || isAddress(other)) || shortName(one) !== shortName(other)) return false
      const [url, otherUrl] = await Promise.all([one, other].map(findHere))
      return url !== undefined && url === otherUrl
    },
    async setAsideBy({ address, deadLetter }) {
      const { deadLetterTargetArn: target } = redriveIn(await attributeOf(address, 'RedrivePolicy'))
      return target === undefined || shortName(target) === shortName(deadLetter) ? [] : [target]
    },
  }
}

async function unlessMissing<T>(queue: string, calls: () => Promise<T>, { queues }: Tools) {
  try {
    return await calls()
  } catch (error) {
    if (!isMissing(error)) throw error
    queues.forget(queue)
    return undefined
  }
}
