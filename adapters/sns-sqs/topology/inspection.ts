import { getLogger, TomodachiError } from '../../../kernel/index.ts'
import { isMissing } from '../client/errors.ts'
import { topicIn } from '../wire/names.ts'
import { policyChange } from './policy.ts'
import { attributesOf, changed, type Subscription } from './subscription.ts'
import type { ReceivableQueue, Tools } from './topology.ts'

/** Checks whether queues still get the messages of their topics. */
export class Inspection {
  readonly #tools: Tools
  /** How often an attribute of a subscription was found with a value that is not ours. */
  readonly #changes = new Map<string, number>()

  constructor(tools: Tools) {
    this.#tools = tools
  }

  /** What keeps messages from a queue, in words; undefined if nothing does, or if AWS does not say. */
  async faultOf(queue: ReceivableQueue): Promise<string | undefined> {
    if (!this.#tools.options.declare || queue.subscriptions.length === 0) return undefined
    try {
      return (await this.#policyFault(queue)) ?? (await this.#subscriptionFault(queue))
    } catch (error) {
      // The receives report whether AWS can be reached.
      return error instanceof TomodachiError ? error.message : undefined
    }
  }

  async #policyFault({ url, arn, isForeign, subscriptions }: ReceivableQueue): Promise<string | undefined> {
    if (isForeign) return undefined
    const { queues, options } = this.#tools
    const { attributes } = await queues.look(url)
    const topics = subscriptions.map(({ topicArn }) => topicArn)
    if (policyChange(attributes.Policy, arn, topics, options) === undefined) return undefined
    return 'the policy of the queue no longer lets its topics send'
  }

  async #subscriptionFault({ subscriptions }: ReceivableQueue): Promise<string | undefined> {
    for (const subscription of subscriptions) {
      const topic = topicIn(subscription.topicArn)
      try {
        const present = await attributesOf(this.#tools.aws, subscription)
        const names = changed(subscription, present).filter((name) =>
          this.#isToBeRestored(subscription, name, present[name]),
        )
        if (names.length > 0) return `the subscription to the topic ${topic} was changed: ${names.join(', ')}`
      } catch (error) {
        if (!isMissing(error)) throw error
        return `the subscription to the topic ${topic} is gone`
      }
    }
    return undefined
  }

  /** The second time, another service wants it so. While a new version is rolled out, two would take turns for ever. */
  #isToBeRestored({ arn, topicArn }: Subscription, name: string, value = ''): boolean {
    const change = [arn, name, value].join(' ')
    const times = (this.#changes.get(change) ?? 0) + 1
    this.#changes.set(change, times)
    if (times === 2)
      getLogger(`tomodachi.${this.#tools.options.name}`).warn(
        'another service has changed a subscription again; it is left as it is',
        { topic: topicIn(topicArn), attribute: name },
      )
    return times === 1
  }
}
