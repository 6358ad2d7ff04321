import { CloudEvent, HTTP, Kafka } from 'cloudevents'
import fc from 'fast-check'
import { type BuiltMessage, type CloudEventsOptions, cloudEvents } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { returned } from './recorded.ts'

const events = suite('cloudEvents')
const sender = { name: 'order service', uuid: 'u' }
const modes = ['structured', 'binary'] as const

const built = (data: unknown, options: CloudEventsOptions = {}) =>
  cloudEvents(options).build(data, 'order.created', sender) as BuiltMessage

/** What is not the same twice, made the same. */
function steady<T extends object>(attributes: T): T {
  const entries = Object.entries(attributes).map(([name, value]) => {
    if (/(^|[-_:])id$/.test(name)) assert.match(value, /^[0-9a-f-]{36}$/)
    else if (/(^|[-_:])time$/.test(name)) assert.ok(Math.abs(Date.parse(value) - Date.now()) < 60_000)
    else return [name, value]
    return [name, 'made up']
  })
  return Object.fromEntries(entries)
}

events('structured mode is one JSON document', () => {
  const { payload, headers } = built({ id: 7 })
  assert.equal(steady(JSON.parse(payload as string)), {
    specversion: '1.0',
    id: 'made up',
    source: 'order%20service',
    type: 'order.created',
    time: 'made up',
    datacontenttype: 'application/json',
    data: { id: 7 },
  })
  assert.equal(headers, { 'content-type': 'application/cloudevents+json; charset=utf-8' })
})

for (const [prefix, options] of [
  ['cloudEvents_', {}],
  ['cloudEvents:', { prefix: 'cloudEvents:' }],
  ['ce-', { prefix: 'ce-' }],
  ['ce_', { prefix: 'ce_' }],
] as const) {
  events(`binary mode has the attributes in headers that begin with ${prefix}`, () => {
    const { payload, headers } = built({ id: 7 }, { mode: 'binary', ...options })
    assert.is(payload, '{"id":7}')
    assert.equal(steady(headers), {
      [`${prefix}specversion`]: '1.0',
      [`${prefix}id`]: 'made up',
      [`${prefix}source`]: 'order%20service',
      [`${prefix}type`]: 'order.created',
      [`${prefix}time`]: 'made up',
      'content-type': 'application/json',
    })
    const { data, metadata } = cloudEvents().parse(payload, headers)
    assert.equal(data, { id: 7 })
    assert.is(metadata?.messageUuid, headers[`${prefix}id`])
  })
}

for (const mode of modes) {
  events(`${mode}: bytes stay bytes, and text what it is`, () => {
    const { payload, headers } = built(Uint8Array.of(1, 2, 255), { mode })
    assert.equal(payload, mode === 'binary' ? Uint8Array.of(1, 2, 255) : payload)
    assert.equal([...(cloudEvents().parse(payload, headers).data as Uint8Array)], [1, 2, 255])
    for (const datacontenttype of ['application/xml', 'text/plain; charset=utf-8']) {
      const format = cloudEvents({ mode, attributes: () => ({ datacontenttype }) })
      assert.equal(returned(format, '<é/>'), ['<é/>', '<é/>'])
      assert.throws(() => format.build({ id: 7 }, 't', sender), /must be a string or a Uint8Array/)
    }
    const json = cloudEvents({ mode, attributes: () => ({ datacontenttype: 'application/order+json' }) })
    assert.equal(returned(json, { id: 7 }), [{ id: 7 }, { id: 7 }])
    assert.equal(returned(json, Buffer.from('{"id":7}')), [{ id: 7 }, { id: 7 }])
  })

  events(`${mode}: an event without data gives null`, () => {
    assert.equal(returned(cloudEvents({ mode }), undefined), [null, null])
    assert.equal(returned(cloudEvents({ mode }), null), [null, null])
    assert.not.ok('datacontenttype' in JSON.parse(built(undefined).payload as string))
  })

  events(`${mode}: attributes become metadata, those of the user too`, () => {
    const attributes = (data: unknown, topic: string) => ({
      id: '17',
      subject: `${topic}/${(data as { id: number }).id}`,
      time: '2026-01-02T03:04:05.250+01:00',
      dataschema: 'https://schemas.test/order',
      priority: 5,
      urgent: false,
      left: undefined,
    })
    const { payload, headers } = built({ id: 7 }, { mode, source: '/orders', attributes })
    const { metadata } = cloudEvents().parse(payload, headers)
    assert.equal(metadata, {
      messageUuid: '17',
      timestamp: Date.UTC(2026, 0, 2, 2, 4, 5, 250) / 1_000,
      protocolVersion: 'cloudevents--1.0',
      attributes: {
        specversion: '1.0',
        id: '17',
        source: '/orders',
        type: 'order.created',
        time: '2026-01-02T03:04:05.250+01:00',
        datacontenttype: 'application/json',
        subject: 'order.created/7',
        dataschema: 'https://schemas.test/order',
        // Headers are text.
        priority: mode === 'binary' ? '5' : 5,
        urgent: mode === 'binary' ? 'false' : false,
      },
    })
  })
}

const whole = { specversion: '1.0', id: '1', source: 's', type: 't' }

events('an event without time has the timestamp 0, and null is as good as absent', () => {
  const { data, metadata } = cloudEvents().parse(JSON.stringify({ ...whole, subject: null, data: 1 }), {})
  assert.equal([data, metadata?.timestamp, metadata?.attributes], [1, 0, whole])
})

events('the content type decides how the event is written', () => {
  const { payload, headers } = built({ id: 7 })
  const left = { 'CE-SpecVersion': '1.0', 'ce-id': 'left from another event' }
  assert.equal(cloudEvents().parse(payload, { ...left, ...headers }).data, { id: 7 })
  assert.equal(cloudEvents().parse(payload, { 'Content-Type': 'application/json' }).data, { id: 7 })
})

const binary = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': 's', 'ce-type': 't' }

for (const [name, payload, headers, reason] of [
  ['text that is not JSON', 'x', {}, /JSON/],
  ['JSON that is no object', '[]', {}, /not a CloudEvent/],
  ['JSON that is no event', '{}', {}, /CloudEvents undefined cannot be read/],
  [
    'another version',
    JSON.stringify({ ...whole, specversion: '0.3' }),
    {},
    /CloudEvents "0\.3" cannot be read/,
  ],
  ['another version in headers', '', { ...binary, 'ce-specversion': '2.0' }, /"2\.0" cannot be read/],
  ['an event without id', JSON.stringify({ ...whole, id: undefined }), {}, /attribute id is missing/],
  ['an event without source', JSON.stringify({ ...whole, source: null }), {}, /required property 'source'/],
  ['an event without type', '', { ...binary, 'ce-type': undefined }, /required property 'type'/],
  ['an empty type', JSON.stringify({ ...whole, type: '' }), {}, /type must NOT have fewer than 1/],
  ['a time that is none', '', { ...binary, 'ce-time': 'noon' }, /time must match format "date-time"/],
  ['a malformed source', JSON.stringify({ ...whole, source: '%' }), {}, /source must match format "uri-ref/],
  ['an attribute that is an object', JSON.stringify({ ...whole, extra: {} }), {}, /attribute extra must be/],
  ['a fraction as attribute', JSON.stringify({ ...whole, extra: 1.5 }), {}, /attribute extra must be/],
  ['a name that is none', JSON.stringify({ ...whole, trace_id: 'x' }), {}, /"trace_id" is not a valid/],
  ['data twice', JSON.stringify({ ...whole, data: 1, data_base64: 'AA==' }), {}, /data must then be absent/],
  ['bytes that are no text', JSON.stringify({ ...whole, data_base64: 5 }), {}, /data_base64 must be text/],
  ['bytes that are not base64', JSON.stringify({ ...whole, data_base64: '%' }), {}, /not base64/],
  ['data that is not JSON', '{', { ...binary, 'content-type': 'application/json' }, /JSON/],
  ['text that is not UTF-8', Uint8Array.of(255), { ...binary, 'content-type': 'text/plain' }, /UTF-8/],
  ['a batch', '[]', { 'content-type': 'application/cloudevents-batch+json' }, /not a single CloudEvent/],
  [
    'another format of events',
    '',
    { 'content-type': 'application/cloudevents+avro' },
    /not a single CloudEvent/,
  ],
  ['plain text', 'x', { 'content-type': 'text/plain' }, /not a single CloudEvent/],
] as const) {
  events(`refuses ${name}, and says why`, () => {
    assert.throws(() => cloudEvents().parse(payload, headers), reason)
  })
}

for (const [data, options, reason] of [
  [() => {}, { mode: 'binary' }, /function cannot be put into JSON/],
  [1n, {}, /BigInt/],
  [1, { attributes: () => ({ specversion: '0.3' }) }, /"0\.3"/],
  [1, { attributes: () => ({ Subject: 'x' }) }, /"Subject" is not a valid attribute name/],
  [1, { attributes: () => ({ at: new Date() }) }, /attribute at must be/],
  [1, { attributes: () => ({ dataschema: 'relative' }) }, /dataschema must match format "uri"/],
  [1, { source: 'no uri' }, /source must match/],
] as const) {
  events(`refuses to build ${String(data)} with ${Object.keys(options)}: ${reason.source}`, () => {
    assert.throws(() => built(data, options as CloudEventsOptions), reason)
  })
}

for (const options of [{ mode: 'batch' }, { prefix: 'x-' }, { source: '' }, { attributes: {} }, { id: 1 }]) {
  events(`refuses the option ${JSON.stringify(options)}`, () => {
    assert.throws(
      () => cloudEvents(options as never),
      ({ code, message }: { code: string; message: string }) =>
        code === 'OPTION_INVALID' &&
        /cloudEvents[.(]/.test(message) &&
        message.includes(String(Object.keys(options))),
    )
  })
}

events('what is built is read by the SDK of CloudEvents', () => {
  for (const [options, binding] of [
    [{}, HTTP],
    [{ mode: 'binary', prefix: 'ce-' }, HTTP],
    [{ mode: 'binary', prefix: 'ce_' }, Kafka],
  ] as const) {
    const { payload, headers } = built({ id: 7 }, { ...options, attributes: () => ({ priority: 'high' }) })
    const message = { headers, body: payload, value: payload } as never
    const event = binding.toEvent(message) as CloudEvent<unknown>
    assert.equal([event.type, event.source, event.priority], ['order.created', 'order%20service', 'high'])
    assert.equal(event.data, { id: 7 })
  }
})

events('what the SDK of CloudEvents writes is read', () => {
  const event = new CloudEvent({
    ...whole,
    priority: 'high',
    datacontenttype: 'application/json',
    data: { id: 7 },
  })
  for (const { headers, body } of [HTTP.structured(event), HTTP.binary(event), Kafka.binary(event)]) {
    const payload = typeof body === 'string' ? body : JSON.stringify(body)
    const { data, metadata } = cloudEvents().parse(payload, headers)
    assert.equal(data, { id: 7 })
    assert.equal([metadata?.messageUuid, metadata?.attributes?.priority], ['1', 'high'])
    assert.is(metadata?.timestamp, Date.parse(event.time as string) / 1_000)
  }
})

for (const mode of modes) {
  events(`property: ${mode}: whatever JSON can say, and bytes, come back as they were`, () => {
    const plain = fc
      .jsonValue({ stringUnit: 'binary' })
      .filter((data) => !JSON.stringify(data).includes('-0'))
    const bytes = fc.uint8Array().map((data) => Buffer.from(data))
    fc.assert(
      fc.property(fc.oneof(plain, bytes), (data) => {
        for (const back of returned(cloudEvents({ mode }), data)) assert.equal(asBuffer(back), asBuffer(data))
      }),
    )
  })
}

const asBuffer = (data: unknown) => (data instanceof Uint8Array ? Buffer.from(data) : data)

events.run()
