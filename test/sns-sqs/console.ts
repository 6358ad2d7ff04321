import { SNS } from '@aws-sdk/client-sns'
import { SQS } from '@aws-sdk/client-sqs'
import type { SnsSqsBus, SnsSqsOptions, SnsSqsTopicOptions } from 'tomodachi/sns-sqs'
import type { Scene } from './scene.ts'

/** What the AWS console would show. */
export function console(scene: Scene) {
  const config = {
    endpoint: `http://127.0.0.1:${scene.server.port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
  const [sns, sqs] = [new SNS(config), new SQS(config)]
  return {
    sns,
    sqs,
    /** Creates a queue with this policy. Resolves with its URL. */
    async queueWith(name: string, policy: object): Promise<string> {
      const Attributes = { Policy: JSON.stringify(policy) }
      const { QueueUrl = '' } = await sqs.createQueue({ QueueName: name, Attributes })
      return QueueUrl
    },
    async queue(name: string): Promise<Record<string, string>> {
      const { QueueUrl } = await sqs.getQueueUrl({ QueueName: name })
      return (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })).Attributes ?? {}
    },
    async topic(name: string): Promise<Record<string, string>> {
      const TopicArn = `arn:aws:sns:eu-west-1:000000000000:${name}`
      return (await sns.getTopicAttributes({ TopicArn })).Attributes ?? {}
    },
    async subscription(): Promise<Record<string, string>> {
      const [{ SubscriptionArn } = { SubscriptionArn: '' }] =
        (await sns.listSubscriptions({})).Subscriptions ?? []
      return (await sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes ?? {}
    },
  }
}

/** Starts a consumer of the topic `t` in the queue `q`, and stops it. */
export async function consumed(
  scene: Scene,
  options: SnsSqsTopicOptions = {},
  busOptions: SnsSqsOptions = {},
): Promise<void> {
  const bus = scene.bus(busOptions)
  const kernel = await scene.start((service) =>
    service.on(bus.topic('t', { queue: 'q', ...options }), () => {}),
  )
  await kernel.stop()
}

/** Starts a handler that notes what it is given, for as long as the test takes. */
export async function noting(
  scene: Scene,
  options: SnsSqsTopicOptions,
): Promise<{ bus: SnsSqsBus; noted: unknown[] }> {
  const bus = scene.bus()
  const noted: unknown[] = []
  await scene.start((service) =>
    service.on(bus.topic('t', { queue: 'q', ...options }), ({ data }) => void noted.push(data)),
  )
  return { bus, noted }
}

export const changes = [
  'CreateQueue',
  'CreateTopic',
  'SetQueueAttributes',
  'SetTopicAttributes',
  'SetSubscriptionAttributes',
]
export const counts = (scene: Scene) => changes.map((operation) => scene.proxy.count(operation))
