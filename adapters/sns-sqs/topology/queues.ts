import type { QueueAttributeName } from '@aws-sdk/client-sqs'
import { TomodachiError } from '../../../kernel/index.ts'
import { isMissing } from '../client/errors.ts'
import type { Aws } from '../client/sdk.ts'
import { isFifo, parseArn, placeOf } from '../wire/names.ts'
import { AskedOnce } from './asked-once.ts'
import { differing, type Tags } from './tags.ts'

/** Attributes of a queue, as SQS names them. */
export type QueueAttributes = Partial<Record<QueueAttributeName, string>>

/** The attributes that are read. */
const looked: QueueAttributeName[] = [
  'QueueArn',
  'Policy',
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'RedrivePolicy',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
]

const fifoAttributes: QueueAttributes = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
}

/** What AWS knows about a queue. */
export interface Queue {
  readonly arn: string
  readonly attributes: QueueAttributes
}

/** The queues of SQS, by name, ARN or URL; the URL of each is looked up once. */
export class Queues {
  readonly #aws: Aws
  readonly #urls = new AskedOnce<string>()

  constructor(aws: Aws) {
    this.#aws = aws
  }

  /** URL of a queue. Rejects with `BROKER_OBJECT_MISSING` if the queue does not exist. */
  urlOf(queue: string): Promise<string> {
    return this.#urls.get(queue, () => this.find(queue))
  }

  /** Forgets a queue that seems to be gone. */
  forget(queue: string): void {
    this.#urls.forget((key) => key === queue)
  }

  /** The queue at a URL. */
  async look(url: string): Promise<Queue> {
    const { Attributes: attributes = {} } = await this.#aws.sqs.getQueueAttributes({
      QueueUrl: url,
      AttributeNames: looked,
    })
    return { arn: attributes.QueueArn ?? '', attributes }
  }

  /** The URL of a queue, which is created with these attributes if it does not exist; one that exists gets the tags. */
  async ensure(name: string, attributes: QueueAttributes = {}, tags?: Tags): Promise<string> {
    try {
      const url = await this.urlOf(name)
      if (tags) await this.#tag(url, tags)
      return url
    } catch (error) {
      if (!(error instanceof TomodachiError)) throw error
    }
    const Attributes = { ...(isFifo(name) ? fifoAttributes : {}), ...attributes }
    return this.#urls.get(name, async () => {
      const given = { QueueName: name, Attributes, ...(tags && { tags }) }
      const { QueueUrl = '' } = await this.#aws.sqs.createQueue(given)
      return QueueUrl
    })
  }

  /**
   * As `urlOf`, but always asks AWS. Rejects with `QUEUE_ELSEWHERE` for a queue of another region. `isOurs` says whether
   * the bus would create it if it were allowed to.
   */
  async find(queue: string, isOurs = false): Promise<string> {
    const place = placeOf(queue)
    const { region: own } = this.#aws
    if (place.region !== undefined && place.region !== own)
      throw new TomodachiError('QUEUE_ELSEWHERE', { queue, region: place.region, own })
    if (/^https?:/.test(queue)) return queue
    const arn = parseArn(queue)
    const name = arn?.resource ?? queue
    try {
      const owner = arn ? { QueueOwnerAWSAccountId: arn.account } : {}
      const { QueueUrl = '' } = await this.#aws.sqs.getQueueUrl({ QueueName: name, ...owner })
      // Emulators may not look at the account, and say that of another queue.
      if (!arn || [undefined, arn.account].includes(placeOf(QueueUrl).account)) return QueueUrl
    } catch (error) {
      if (!isMissing(error)) throw error
      const values = { kind: 'queue', name, ...(isOurs && { without: 'declare: false' }) }
      throw new TomodachiError('BROKER_OBJECT_MISSING', values, { cause: error })
    }
    throw new TomodachiError('BROKER_OBJECT_MISSING', { kind: 'queue', name: queue })
  }

  async #tag(QueueUrl: string, wanted: Tags): Promise<void> {
    const { Tags: present = {} } = await this.#aws.sqs.listQueueTags({ QueueUrl })
    const missing = differing(wanted, present)
    if (Object.keys(missing).length > 0) await this.#aws.sqs.tagQueue({ QueueUrl, Tags: missing })
  }
}
