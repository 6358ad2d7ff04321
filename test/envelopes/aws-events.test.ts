import { eventBridge, s3Events } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bridged, tested, uploaded } from './aws-samples.ts'

const test = suite('events of EventBridge and S3')

const sender = { name: 'orders', uuid: 'b9f1d7a0' }
const json = JSON.stringify

test('an event of EventBridge is the data, with its id and time as metadata', () => {
  for (const payload of [json(bridged), Buffer.from(json(bridged)), ` \n${json(bridged)}`]) {
    const { data, metadata } = eventBridge().parse(payload, {})
    assert.equal(data, bridged)
    assert.equal(metadata, {
      messageUuid: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
      timestamp: Date.parse('2017-12-22T18:43:48Z') / 1_000,
      protocolVersion: 'eventbridge--0',
    })
  }
})

test('an event of EventBridge is built from its detail, and what is given is kept', () => {
  const format = eventBridge()
  const built = format.build({ detail: { id: 1 } }, 'order.created', sender)
  const { id, time, ...event } = JSON.parse(String(built))
  assert.equal(event, {
    version: '0',
    'detail-type': 'order.created',
    source: 'orders',
    account: '',
    region: '',
    resources: [],
    detail: { id: 1 },
  })
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 10_000)
  assert.equal(format.parse(format.build(bridged, 't', sender) as string, {}).data, bridged)
  for (const wrong of [undefined, null, 'text', {}, []])
    assert.throws(() => format.build(wrong, 't', sender), /has a detail/)
})

test('an event of S3 is the data, with the time of its first record', () => {
  const { data, metadata } = s3Events().parse(json(uploaded), {})
  assert.equal(data, uploaded)
  assert.equal(metadata, { messageUuid: '', timestamp: 1, protocolVersion: 's3--2.1' })
  assert.is(s3Events().build(uploaded, 't', sender), json(uploaded))
})

test('the test event of S3 is an event without records', () => {
  const { data, metadata } = s3Events().parse(json(tested), {})
  assert.equal(data, { Records: [] })
  assert.equal(metadata, {
    messageUuid: '',
    timestamp: Date.parse(tested.Time) / 1_000,
    protocolVersion: 's3:TestEvent',
  })
})

test('what is no such event cannot be read', () => {
  for (const payload of [
    '',
    'text',
    'null',
    '[]',
    '{}',
    '{"detail":{}}',
    '{"Records":{}}',
    '{"Records":[null]}',
    '{"Records":[{}]}',
    json({ ...tested, Event: 's3:Other' }),
  ])
    for (const format of [eventBridge(), s3Events()]) assert.throws(() => format.parse(payload, {}))
  assert.throws(() => s3Events().parse(json(bridged), {}), /not an event of S3/)
  assert.throws(() => eventBridge().parse(json(uploaded), {}), /not an event of EventBridge/)
  assert.throws(() => s3Events().build({}, 't', sender), /list of Records/)
})

test.run()
