import protobuf from 'protobufjs'
import { type DataOf, Service, topic } from 'tomodachi'
import {
  type CloudEventsOptions,
  cloudEvents,
  type Format,
  jsonBase,
  type MessageMetadata,
  protobufBase,
  raw,
} from 'tomodachi/envelopes'
import { memory } from 'tomodachi/memory'
import { z } from 'zod'
import { same, typed } from './same.ts'

const Person = z.object({ id: z.string(), name: z.string() })
type Person = z.infer<typeof Person>

const definition = 'message Person { string id = 1; string name = 2; }'
const { root } = protobuf.parse(definition)

const formats = {
  json: jsonBase({ maxDecompressedSize: 1_000_000 }),
  proto: protobufBase({
    message: 'Person',
    proto: definition,
    keepCase: true,
    longs: 'string',
    enums: 'number',
  }),
  type: protobufBase({ message: root.lookupType('Person') }),
  root: protobufBase({ message: 'Person', proto: root }),
  bytes: protobufBase({ message: 'Person', proto: new Uint8Array() }),
  events: cloudEvents({ mode: 'binary', prefix: 'ce-', attributes: (_, topic) => ({ subject: topic }) }),
  text: raw({ as: 'text' }),
}
typed<Format>()(formats.json)
typed<Format>()(formats.proto)
typed<Format>()(formats.events)
typed<Format>()(formats.text)

const bus = memory({ envelope: formats.json })
const service = new Service()

// Whatever the format, the schema types the publisher and the handler.
const person = topic('person', { schema: Person, envelope: formats.json })
const wired = topic('person', { schema: Person, envelope: formats.proto })
const event = topic('person', { schema: Person, envelope: formats.events })
const line = topic('line', { schema: z.string(), envelope: formats.text })
same<DataOf<typeof person>, Person>(true)
same<DataOf<typeof wired>, Person>(true)
same<DataOf<typeof event>, Person>(true)
same<DataOf<typeof line>, string>(true)

for (const one of [person, wired, event]) {
  bus.publish(one, { id: '1', name: 'Ada' })
  bus.publish(one, { id: '1', name: 'Ada' }, { envelope: formats.type })
  // @ts-expect-error id is a string
  bus.publish(one, { id: 1, name: 'Ada' })
  // @ts-expect-error name is missing
  bus.publish(one, { id: '1' })
  service.on(bus.topic(one), ({ data, metadata }) => {
    typed<Person>()(data)
    typed<MessageMetadata | undefined>()(metadata)
    typed<string | undefined>()(metadata?.service?.name)
    typed<unknown>()(metadata?.attributes?.subject)
  })
}
bus.publish(line, 'text')
// @ts-expect-error bytes are no text
bus.publish(line, new Uint8Array())
service.on(bus.topic(line), ({ data }) => typed<string>()(data))

// Without a schema the data is what the topic is declared to have, or unknown.
const declared = topic<Person>('person', { envelope: formats.proto })
service.on(bus.topic(declared, { envelope: formats.root }), ({ data }) => typed<Person>()(data))
service.on(bus.topic('person', { envelope: formats.bytes }), ({ data }) => typed<unknown>()(data))

// A format of the user's own has two methods; headers are there for those that need them.
const own: Format = {
  build: (data, topic, sender) => `${topic} ${sender.name} ${data}`,
  parse: (payload) => ({ data: payload, metadata: undefined }),
}
const withHeaders: Format = {
  build: (data) => ({ payload: String(data), headers: { kind: 'x' } }),
  parse: (payload, headers) => ({ data: [payload, headers.kind], metadata: undefined }),
}
topic('own', { envelope: own })
topic('own', { envelope: withHeaders })
// @ts-expect-error a format can read too
topic('own', { envelope: { build: () => '' } })

// @ts-expect-error which message?
protobufBase({ proto: definition })
// @ts-expect-error a representation that is none
protobufBase({ message: 'Person', proto: definition, longs: 'float' })
jsonBase({ maxDecompressedSize: '1MB' })
// @ts-expect-error a size has another unit
jsonBase({ maxDecompressedSize: '1s' })
// @ts-expect-error there are two modes
cloudEvents({ mode: 'batch' })
// @ts-expect-error no prefix of a binding
cloudEvents({ prefix: 'x-' })
// @ts-expect-error text or bytes
raw({ as: 'json' })
same<CloudEventsOptions['mode'], 'structured' | 'binary' | undefined>(true)
