import { TomodachiError } from '../../../kernel/index.ts'
import { isForbidden, isMissing } from '../client/errors.ts'
import type { ResolvedOptions } from '../client/options.ts'
import type { Aws } from '../client/sdk.ts'
import { isFifo, parseArn, topicIn, topicPattern } from '../wire/names.ts'
import type { TopicWishes } from '../wire/outgoing.ts'
import type { TopicAttributes } from '../wire/publish-options.ts'
import { AskedOnce } from './asked-once.ts'
import type { Caller } from './caller.ts'
import { differing, type Tag, tagList } from './tags.ts'

/** A topic that exists. */
interface FoundTopic {
  readonly arn: string
  readonly attributes: TopicAttributes
}

/** The topics of SNS, by name; each is looked up once. A topic that is named by its ARN is taken as it is. */
export class Topics {
  readonly #aws: Aws
  readonly #caller: Caller
  readonly #options: ResolvedOptions
  readonly #arns = new AskedOnce<string>()

  constructor(aws: Aws, caller: Caller, options: ResolvedOptions) {
    this.#aws = aws
    this.#caller = caller
    this.#options = options
  }

  /**
   * ARN of a topic, which is created if it is missing and that is allowed. Rejects with `BROKER_OBJECT_MISSING` and
   * errors of the SDK.
   */
  arnOf(topic: string, wishes: TopicWishes = {}): Promise<string> {
    if (parseArn(topic)) return Promise.resolve(topic)
    return this.#arns.get(keyOf(topic, wishes), () =>
      this.#options.declare ? this.#ensure(topic, wishes) : this.#find(topic),
    )
  }

  /** Forgets a topic that seems to be gone. */
  forget(arn: string): void {
    const name = topicIn(arn)
    this.#arns.forget((key) => key.split(' ', 1)[0] === name)
  }

  /** ARNs of all topics that match a name with wildcards, in order. */
  async matching(name: string): Promise<readonly string[]> {
    const isMatch = topicPattern(name)
    const arns: string[] = []
    for await (const { Topics = [] } of this.#aws.sns.paginateListTopics())
      for (const { TopicArn = '' } of Topics) if (isMatch(topicIn(TopicArn))) arns.push(TopicArn)
    return arns.sort()
  }

  async #ensure(name: string, { attributes = {}, overwrite = true }: TopicWishes): Promise<string> {
    const { snsKmsMasterKeyId } = this.#options
    const wanted = {
      ...(snsKmsMasterKeyId === undefined ? {} : { KmsMasterKeyId: snsKmsMasterKeyId }),
      ...attributes,
    }
    const found = await this.#look(name)
    if (!found) return this.#create(name, wanted)
    const changes = overwrite ? wanted : { ...wanted, ...found.attributes }
    for (const [AttributeName, AttributeValue] of Object.entries(changes)) {
      if ((found.attributes[AttributeName] ?? '') === AttributeValue) continue
      await this.#aws.sns.setTopicAttributes({ TopicArn: found.arn, AttributeName, AttributeValue })
    }
    await this.#tag(found.arn)
    return found.arn
  }

  async #create(name: string, wanted: TopicAttributes): Promise<string> {
    const { KmsMasterKeyId, ...others } = wanted
    const Attributes = {
      ...(KmsMasterKeyId ? { KmsMasterKeyId } : {}),
      ...others,
      ...(isFifo(name) ? { FifoTopic: 'true', ContentBasedDeduplication: 'false', ...others } : {}),
    }
    const Tags = tagList(this.#options.tags)
    const { TopicArn = '' } = await this.#aws.sns.createTopic({
      Name: name,
      Attributes,
      ...(Tags.length > 0 && { Tags }),
    })
    return TopicArn
  }

  async #tag(ResourceArn: string): Promise<void> {
    const { tags } = this.#options
    if (!tags) return
    const { Tags = [] } = await this.#aws.sns.listTagsForResource({ ResourceArn })
    const present = Object.fromEntries((Tags as Tag[]).map(({ Key, Value }) => [Key, Value]))
    const missing = tagList(differing(tags, present))
    if (missing.length > 0) await this.#aws.sns.tagResource({ ResourceArn, Tags: missing })
  }

  async #find(name: string): Promise<string> {
    const found = await this.#look(name)
    if (found) return found.arn
    const values = { kind: 'topic', name, without: 'declare: false' }
    throw new TomodachiError('BROKER_OBJECT_MISSING', values)
  }

  /** Undefined for a topic that does not exist, and for one that we may create but not read. */
  async #look(name: string): Promise<FoundTopic | undefined> {
    try {
      const { partition, account } = await this.#caller.identity()
      const arn = `arn:${partition}:sns:${this.#aws.region}:${account}:${name}`
      const { Attributes = {} } = await this.#aws.sns.getTopicAttributes({ TopicArn: arn })
      return { arn, attributes: Attributes }
    } catch (error) {
      if (isMissing(error) || (this.#options.declare && isForbidden(error))) return undefined
      throw error
    }
  }
}

/** The key of a topic in the cache: its name, which has no blanks, and what is special about it. */
function keyOf(name: string, { attributes, overwrite = true }: TopicWishes): string {
  return attributes === undefined && overwrite ? name : `${name} ${JSON.stringify([attributes, overwrite])}`
}
