// time limit: 120 s
// node: 24 only
import { readFileSync } from 'node:fs'
import { configureLogging } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import * as assert from 'uvu/assert'
import { recorded } from '../envelopes/recorded.ts'
import { sideBySide } from '../side-by-side.ts'
import { inScene, until } from './scene.ts'

interface ApiAttribute {
  readonly DataType: string
  readonly StringValue?: string
  readonly BinaryValue?: string
}

const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/message_attributes.json', import.meta.url), 'utf8'),
) as {
  readonly to_sns_sqs_api: Readonly<Record<string, ApiAttribute>>
  readonly to_sqs_body_metadata: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>
  readonly from_response: readonly { readonly in: object; readonly out?: unknown; readonly error?: string }[]
}

configureLogging({ logger: 'disabled' })

const test = sideBySide('message attributes on SNS+SQS')

/** What the fixtures say in the words of Python. */
const values: Readonly<Record<string, unknown>> = {
  str: 'hello world',
  empty: '',
  int: 1,
  neg: -5,
  float: 1338.42,
  float_int: 2,
  big: 100_000_000_000_000_000_000n,
  dec: 1338.42,
  true: true,
  false: false,
  none: null,
  bytes: Buffer.from('00000001 00000011 robo-boogie'),
  list: ['GBP', 1, null, true],
  dict: { a: 1 },
  exp: 1e-7,
}

/** JavaScript knows no 2.0, and an object is JSON rather than what Python prints. */
const otherwise: Readonly<Record<string, string>> = { float_int: '2', dict: '{"a": 1}' }

for (const [name, attribute] of Object.entries(fixtures.to_sns_sqs_api)) {
  const { DataType, StringValue, BinaryValue } = attribute
  test(
    `${name} is an attribute ${DataType} of SNS`,
    inScene(async (scene) => {
      const bus = scene.bus()
      const source = bus.topic('t', { queue: 'q', rawMessageDelivery: true, envelope: raw() })
      const kernel = await scene.start((service) => service.on(source, () => {}))
      await kernel.stop()
      const publisher = await scene.publisher()
      await publisher.publish('t', 'x', { messageAttributes: { a: values[name] }, envelope: raw() })
      const [message] = scene.server.inspectQueue('q')?.messages.ready ?? []
      const value = BinaryValue === undefined ? (otherwise[name] ?? StringValue) : BinaryValue.split(' ')[0]
      const key = BinaryValue === undefined ? 'StringValue' : 'BinaryValue'
      assert.equal(message?.messageAttributes, { a: { DataType, [key]: value } })
    }),
  )
}

test(
  'attributes of what is sent to a queue stand in its body',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = await scene.publisher()
    await bus.sendMessage('q', null, { messageAttributes: { ...values, left: undefined } })
    const { MessageAttributes } = JSON.parse(scene.bodies('q')[0] ?? '')
    const expected = Object.entries(fixtures.to_sqs_body_metadata).map(([name, { Type, Value }]) => [
      name,
      { Type, Value: otherwise[name] ?? Value },
    ])
    assert.equal(MessageAttributes, Object.fromEntries(expected))
  }),
)

for (const { in: attribute, out, error } of fixtures.from_response) {
  test(
    `${JSON.stringify(attribute)} arrives as ${JSON.stringify(out ?? error)}`,
    inScene(async (scene) => {
      scene.server.createQueue('q', { region: 'eu-west-1' })
      const arrived: Readonly<Record<string, unknown>>[] = []
      const bus = scene.bus()
      await scene.start((service) =>
        service.on(bus.queue('q', { envelope: raw() }), ({ messageAttributes }) => {
          arrived.push(messageAttributes)
        }),
      )
      const body = JSON.stringify({ Type: 'Message', Message: 'x', MessageAttributes: { a: attribute } })
      scene.server.sendMessage('q', body, { region: 'eu-west-1' })
      await until(() => arrived.length > 0)
      // Where Python raises an error for 1e5, we read a number.
      assert.equal(arrived, [out === '<omitted>' ? {} : { a: error ? 100_000 : expectedOf(out) }])
    }),
  )
}

function expectedOf(out: unknown): unknown {
  const [, bytes] = /^b'(.*)'$/.exec(String(out)) ?? []
  return bytes === undefined ? out : new Uint8Array(Buffer.from(bytes))
}

test(
  'attributes of the message win over those in its body, and are the headers of the envelope',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = scene.bus()
    const headers: object[] = []
    await scene.start((service) =>
      service.on(bus.queue('q', { envelope: raw() }), ({ envelope }) => void headers.push(envelope.headers)),
    )
    const inBody = { a: { Type: 'String', Value: 'body' }, b: { Type: 'String', Value: 'body' } }
    scene.server.sendMessage('q', JSON.stringify({ Message: 'x', MessageAttributes: inBody }), {
      region: 'eu-west-1',
      messageAttributes: { a: { DataType: 'Number', StringValue: '7' } },
    })
    await until(() => headers.length > 0)
    assert.equal(headers, [{ a: 7, b: 'body' }])
  }),
)

test(
  'bytes, which SNS and SQS cannot carry, arrive as bytes',
  inScene(async (scene) => {
    const bus = scene.bus({ envelope: raw() })
    const bytes = Uint8Array.from([0, 255, 128, 10])
    const arrived: unknown[] = []
    await scene.start((service) => {
      service.on(bus.topic('t', { queue: 'q' }), ({ data, messageAttributes }) => {
        arrived.push(data, messageAttributes)
      })
    })
    await bus.publish('t', bytes)
    await until(() => arrived.length > 0)
    assert.equal(arrived, [bytes, {}])
  }),
)

test(
  'what is sent to a queue is written as the Python library writes it',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = scene.bus()
    await scene.start(
      (service) => {
        Object.assign(service, { uuid: recorded.fixed['service.uuid'] })
      },
      { name: recorded.fixed['service.name'], adapters: [bus] },
    )
    const messageAttributes = { n: 4711, s: 'XYZ', b: Buffer.from('abc') }
    await bus.sendMessage('q', { key: 'value' }, { messageAttributes })
    const written = (scene.bodies('q')[0] ?? '')
      .replace(/"QueueUrl": "[^"]*"/, '"QueueUrl": "http://localhost:4566/000000000000/q"')
      .replace(
        /"Timestamp": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/,
        '"Timestamp": "2026-11-24T06:53:48.690Z"',
      )
      .replace(/(\\"message_uuid\\": \\"[\da-f-]{36}\.)[\da-f-]{36}/, `$1${recorded.fixed.uuid4}`)
      .replace(/(\\"timestamp\\": )[\d.]+/, `$1${recorded.fixed.time}`)
    assert.is(written, recorded.sqs_send_message_body.body)
  }),
)

test(
  'a formatter makes the body, and the attributes then travel beside it',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = await scene.publisher({ envelope: raw() })
    const parts: object[] = []
    await bus.sendMessage('q', 'text', {
      messageAttributes: { a: 1 },
      bodyFormatter: (given) => {
        parts.push(given)
        return `<${given.payload}>`
      },
    })
    const [message] = scene.server.inspectQueue('q')?.messages.ready ?? []
    assert.is(message?.body, '<text>')
    assert.equal(message?.messageAttributes, { a: { DataType: 'Number', StringValue: '1' } })
    assert.match((parts[0] as { queueUrl: string }).queueUrl, /\/q$/)
    assert.match((parts[0] as { timestamp: string }).timestamp, /^\d{4}-.*Z$/)
  }),
)

test.run()
