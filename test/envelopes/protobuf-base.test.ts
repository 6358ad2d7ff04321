import { deflateSync, inflateSync } from 'node:zlib'
import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor.js'
import { protobufBase } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { messageUuid, parsedLike, payloadOf, recorded, returned, sender } from './recorded.ts'

const proto = suite('protobufBase')

/** The envelope as the reference describes it, read by a decoder of its own. */
const envelope = protobuf
  .parse(`syntax = "proto3"; package proto;
  message Service { string name = 1; string uuid = 2; }
  message Metadata {
    string message_uuid = 1; string protocol_version = 2; double timestamp = 3; string topic = 4;
    string data_encoding = 5;
  }
  message SNSSQSMessage { Service service = 1; Metadata metadata = 2; bytes data = 3; }`)
  .root.lookupType('proto.SNSSQSMessage')

interface Wire {
  readonly service: object
  readonly metadata: Record<string, unknown>
  readonly data: Uint8Array
}

const opened = (wire: string) => envelope.decode(Buffer.from(wire, 'base64')) as protobuf.Message & Wire

const closed = (wire: object) =>
  Buffer.from(envelope.encode(envelope.fromObject(wire)).finish()).toString('base64')

/** A wire text with the identity and the time of the recorded ones. */
function normalized(wire: string): string {
  const { service, metadata, data } = opened(wire)
  assert.match(metadata.messageUuid as string, new RegExp(`^${sender.uuid}\\.[0-9a-f-]{36}$`))
  return closed({
    service,
    metadata: { ...metadata, messageUuid, timestamp: recorded.fixed.time },
    data,
  })
}

const person = 'message Person { string id = 1; string name = 2; }'
const format = protobufBase({ message: 'Person', proto: person })
const [john] = recorded.protobuf

for (const { proto: text, wire_base64, ...message } of recorded.protobuf) {
  const recordedFormat = protobufBase({ message: 'Person', proto: text })

  proto(`writes ${JSON.stringify(message.data)} as Python does, to the byte`, () => {
    const wire = payloadOf(recordedFormat.build(message.data, 'topic.name', sender))
    assert.is(normalized(wire), wire_base64)
    assert.is(Buffer.from(opened(wire).data).toString('hex'), message.data_bytes_hex)
  })

  proto(`reads ${JSON.stringify(message.data)} as Python wrote it`, () => {
    assert.equal(recordedFormat.parse(wire_base64, {}), parsedLike(message))
    assert.equal(recordedFormat.parse(Buffer.from(wire_base64), {}), parsedLike(message))
  })
}

const large = { id: '12', name: 'x'.repeat(70_000) }

proto('reads the large message that Python compressed', () => {
  const { wire_base64, metadata } = recorded.protobuf_large
  const parsed = format.parse(wire_base64, {})
  assert.equal(parsed.data, large)
  assert.equal(parsed.metadata, parsedLike({ service: sender, metadata }).metadata)
})

proto('compresses the large message as Python does', () => {
  const [ours, theirs] = [
    payloadOf(format.build(large, 'topic.name', sender)),
    recorded.protobuf_large.wire_base64,
  ].map((wire) => {
    const { data, ...head } = envelope.toObject(opened(normalized(wire))) as Wire
    return { ...head, data: inflateSync(data) }
  })
  assert.equal(ours, theirs)
})

proto('compresses above 60,000 bytes', () => {
  for (const [length, encoding] of [
    [59_996, 'proto'],
    [59_997, 'gzip_proto'],
  ] as const) {
    const data = { id: '', name: 'x'.repeat(length) }
    const wire = payloadOf(format.build(data, 't', sender))
    assert.is(opened(wire).metadata.dataEncoding, encoding)
    assert.equal(format.parse(wire, {}).data, data)
  }
})

const bytes = Buffer.from(john?.data_bytes_hex ?? '', 'hex')
const encoded = (dataEncoding: string, data: Uint8Array) => closed({ metadata: { dataEncoding }, data })
const base64 = (data: Buffer) => Buffer.from(data.toString('base64'))

proto('reads every encoding that Python reads', () => {
  for (const [encoding, data] of [
    ['proto', bytes],
    ['gzip_proto', deflateSync(bytes)],
    ['base64', base64(bytes)],
    ['base64_gzip_proto', base64(deflateSync(bytes))],
  ] as const) {
    assert.equal(format.parse(encoded(encoding, data), {}).data, john?.data)
  }
  assert.equal(format.parse(encoded('raw', bytes), {}).data, Uint8Array.from(bytes))
})

for (const [name, payload, reason] of [
  ['text that is not base64', 'not base64!', /the payload is not base64/],
  ['bytes that are no text', Uint8Array.of(0xff), /not text in UTF-8/],
  ['nothing', '', /no metadata/],
  ['base64 of something else', base64(Buffer.from('{"data": 1}')).toString(), /./],
  ['an unknown encoding', encoded('json', bytes), /the data encoding "json" is unknown/],
  ['no encoding', encoded('', bytes), /the data encoding "" is unknown/],
  ['data that is cut off', encoded('proto', bytes.subarray(0, -1)), /range/],
  ['compressed data that is none', encoded('gzip_proto', bytes), /header/],
  ['base64 within that is none', encoded('base64', bytes), /the data is not base64/],
] as const) {
  proto(`refuses ${name}, and says why`, () => {
    assert.throws(() => format.parse(payload, {}), reason)
  })
}

proto('refuses data that grows beyond the bound, before it is there', () => {
  const bomb = (size: number) => encoded('gzip_proto', deflateSync(Buffer.alloc(size)))
  assert.throws(() => format.parse(bomb(40_000_000), {}), /larger than 33554432 bytes when decompressed/)
  const strict = protobufBase({ message: 'Person', proto: person, maxDecompressedSize: 1_000 })
  assert.throws(() => strict.parse(bomb(1_001), {}), /larger than 1000 bytes/)
  assert.equal(strict.parse(encoded('gzip_proto', deflateSync(bytes)), {}).data, john?.data)
})

proto('takes a Type, a Root, text, or the bytes of a descriptor set', () => {
  const text = `syntax = "proto3"; package shop; ${person}`
  const { root } = protobuf.parse(text)
  const set = (root as unknown as { toDescriptor(edition: string): protobuf.Message }).toDescriptor('proto3')
  const wires = [
    protobufBase({ message: root.lookupType('shop.Person') }),
    protobufBase({ message: 'shop.Person', proto: root }),
    protobufBase({ message: 'shop.Person', proto: text }),
    protobufBase({
      message: 'shop.Person',
      proto: descriptor.FileDescriptorSet.encode(set as never).finish(),
    }),
  ].map((made) => opened(payloadOf(made.build(john?.data, 't', sender))).data)
  for (const wire of wires) assert.is(Buffer.from(wire).toString('hex'), john?.data_bytes_hex)
})

proto('names fields as JSON does, or as the definition does', () => {
  const text =
    '// syntax = "none"\n message Order { string order_id = 1; google.protobuf.Timestamp made_at = 2; }'
  const withImport = `import "google/protobuf/timestamp.proto"; ${text.slice(text.indexOf('message'))}`
  const camel = protobufBase({ message: 'Order', proto: withImport })
  const kept = protobufBase({ message: 'Order', proto: withImport, keepCase: true })
  const wire = payloadOf(camel.build({ orderId: '7', madeAt: { seconds: 1n, nanos: 2 } }, 't', sender))
  assert.equal(camel.parse(wire, {}).data, { orderId: '7', madeAt: { seconds: 1n, nanos: 2 } })
  assert.equal(kept.parse(wire, {}).data, { order_id: '7', made_at: { seconds: 1n, nanos: 2 } })
  assert.throws(() => camel.build({ order_id: '7' }, 't', sender), /order_id is not a field of Order/)
})

for (const [name, options, reason] of [
  ['no message', {}, /option protobufBase\.message must be a Type of protobufjs/],
  ['a message without a definition', { message: 'Person' }, /option protobufBase\.proto must be the text/],
  ['an unknown message', { message: 'Nobody', proto: person }, /did not find the message "Nobody" in proto/],
  [
    'text that is no definition',
    { message: 'P', proto: 'message {' },
    /cannot read the text in proto: illegal/,
  ],
  [
    'an import of the user',
    { message: 'P', proto: 'import "a.proto"; message P {}' },
    /imports a\.proto; load all files with protobufjs/,
  ],
  ['a type that is not there', { message: 'P', proto: 'message P { Q q = 1; }' }, /no such .*Q/],
  [
    'bytes that are no descriptor',
    { message: 'P', proto: Uint8Array.of(255) },
    /cannot read the bytes in proto/,
  ],
  [
    'an unknown representation',
    { message: 'Person', proto: person, longs: 'float' },
    /"bigint", "number" or "string"/,
  ],
  [
    'an unknown option',
    { message: 'Person', proto: person, json: true },
    /protobufBase\(\) has no option "json"; it has message, proto/,
  ],
] as const) {
  proto(`refuses ${name} where the format is made`, () => {
    assert.throws(() => protobufBase(options as never), reason)
  })
}

proto('fields that are not set come back as protobuf defines them', () => {
  const all = protobufBase({
    message: 'All',
    proto: `enum Kind { PLAIN = 0; } message All {
      string text = 1; int64 long = 2; Kind kind = 3; bytes raw = 4; bool flag = 5; repeated string many = 6;
      map<string, int32> counts = 7; All child = 8; optional string maybe = 9; oneof one { string a = 10; string b = 11; }
    }`,
  })
  const defaults = {
    text: '',
    long: 0n,
    kind: 'PLAIN',
    raw: Buffer.alloc(0),
    flag: false,
    many: [],
    counts: {},
  }
  assert.equal(returned(all, {})[0], defaults)
  assert.equal(returned(all, { child: {}, maybe: '', b: '', text: null, many: undefined })[0], {
    ...defaults,
    child: defaults,
    maybe: '',
    b: '',
  })
})

proto.run()
