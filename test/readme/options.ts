import { filesUnder } from '../architecture/sources.ts'
import { codedDefaults, documentedDefaults } from './defaults.ts'

/** Where options are declared: file, interface, what stands before their names, and which one is not taken. */
type Place = readonly [path: string, name: string, prefix?: string, without?: string]

/** The interfaces behind the first column of the table of options. */
export const places: Readonly<Record<string, readonly Place[]>> = {
  '`Service`': [
    ['kernel/actors/hooks.ts', 'Hooks'],
    ['kernel/actors/service.ts', 'ServiceOptions'],
  ],
  '`on`': [['kernel/actors/service.ts', 'ActorOptions']],
  '`http`': [
    ['adapters/http/options/options.ts', 'HttpOptions'],
    ['adapters/http/options/connection-options.ts', 'ConnectionOptions'],
  ],
  '`client`': [['adapters/http/client/options.ts', 'ClientOptions']],
  '`schedule`': [['adapters/schedule/options.ts', 'ScheduleOptions']],
  '`schedule`, and its sources': [['adapters/schedule/options.ts', 'TickOptions']],
  '`websocket`': [['adapters/websocket/options.ts', 'WebsocketOptions']],
  '`memory`': [['adapters/memory/index.ts', 'MemoryOptions']],
  '`amqp`': [
    ['kernel/messaging/message-bus.ts', 'MessageBusOptions'],
    ['adapters/amqp/options.ts', 'AmqpOptions'],
    ['adapters/amqp/options.ts', 'QosOptions', 'qos.'],
    ['adapters/amqp/address.ts', ''],
  ],
  '`redis`': [
    ['kernel/options/server-options.ts', 'ServerOptions'],
    ['kernel/messaging/message-bus.ts', 'MessageBusOptions'],
    // It names the defaults of what the others leave open.
    ['adapters/redis/options.ts', 'RedisOptions'],
  ],
  '`snsSqs`': [
    ['kernel/messaging/message-bus.ts', 'MessageBusOptions', '', 'inspectionInterval'],
    ['adapters/sns-sqs/client/options.ts', 'SnsSqsOptions'],
    ['adapters/sns-sqs/client/options.ts', 'EndpointUrls', 'endpointUrls.'],
  ],
  '`topic` of `amqp`': [['adapters/amqp/topic-options.ts', 'AmqpTopicOptions']],
  '`topic` of `snsSqs`': [['adapters/sns-sqs/sources/options.ts', 'SnsSqsTopicOptions']],
  '`topic` and `queue` of `snsSqs`': [['adapters/sns-sqs/sources/options.ts', 'SnsSqsQueueOptions']],
  '`topic` of a bus': [
    ['kernel/messaging/topics/message-options.ts', 'TopicOptions'],
    ['kernel/messaging/topics/delivery-rules.ts', 'DeliveryRules'],
  ],
  '`publish`': [['kernel/messaging/topics/message-options.ts', 'PublishOptions']],
  '`publish` of `amqp`': [['adapters/amqp/outgoing.ts', 'AmqpPublishOptions']],
  '`publish` of `snsSqs`': [['adapters/sns-sqs/wire/publish-options.ts', 'SnsSqsPublishOptions']],
  '`publish` and `sendMessage` of `snsSqs`': [['adapters/sns-sqs/wire/publish-options.ts', 'MessageOptions']],
  '`sendMessage` of `snsSqs`': [['adapters/sns-sqs/wire/publish-options.ts', 'SendOptions']],
  '`jsonBase`': [['envelopes/payload.ts', 'Decompression']],
  '`protobufBase`': [
    ['envelopes/protobuf-base.ts', 'ProtobufDefinition'],
    ['envelopes/protobuf-base.ts', 'ProtobufBaseOptions'],
    ['envelopes/payload.ts', 'Decompression'],
  ],
  '`cloudEvents`': [['envelopes/cloud-events.ts', 'CloudEventsOptions']],
  '`raw`': [['envelopes/raw.ts', 'RawOptions']],
}

const files = ['kernel', 'adapters', 'envelopes'].flatMap(filesUnder)
const coded = new Map(
  Object.values(places)
    .flat()
    .flatMap(([path]) => files.filter((file) => file.path === path))
    .map((file) => [file.path, codedDefaults(file)]),
)
const documented = new Map(
  Object.entries(places).map(([where, list]) => {
    const options = list.flatMap(([path, name, prefix, without]) =>
      files
        .filter((file) => file.path === path)
        .flatMap((file) => [...documentedDefaults(file, name, prefix)])
        .filter(([option]) => option !== without),
    )
    // What has options of its own is none itself.
    const groups = new Set(list.map(([, , prefix = '']) => prefix.slice(0, -1)))
    return [where, new Map(options.filter(([option]) => !groups.has(option)))]
  }),
)

/** The options of a place in the table, each with the default of its doc comment. */
export function optionsOf(where: string): ReadonlyMap<string, string | undefined> {
  return documented.get(where) ?? new Map()
}

/** What the code has an option default to, where that is a constant; else nothing. */
export function codedDefaultsOf(where: string, option: string): string[] {
  const name = option.split('.').at(-1) as string
  return (places[where] ?? []).flatMap(([path]) => [...(coded.get(path)?.get(name) ?? [])])
}
