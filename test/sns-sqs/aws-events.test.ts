// time limit: 60 s
// node: 24 only
import { configureLogging, Service, topic } from 'tomodachi'
import { type EventBridgeEvent, eventBridge, type S3Event, s3Events } from 'tomodachi/envelopes'
import * as assert from 'uvu/assert'
import { bridged, tested, uploaded } from '../envelopes/aws-samples.ts'
import { sideBySide } from '../side-by-side.ts'
import { eventOf, failed, invoked, stopInvoked } from './lambda-events.ts'
import { Bucket, busWith, sendPointer } from './payload-bucket.ts'
import { inScene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('events of EventBridge and S3 on SNS+SQS')
test.after(stopInvoked)

type StateChange = EventBridgeEvent<{ readonly state: string }>
const changes = topic<StateChange>('changes', { envelope: eventBridge() })
const uploads = topic<S3Event>('uploads', { envelope: s3Events() })
const region = { region: 'eu-west-1' }

test(
  'a queue that EventBridge or S3 sends to is consumed as it is, and the test event of S3 is acked',
  inScene(async (scene) => {
    for (const queue of ['changes', 'uploads']) scene.server.createQueue(queue, region)
    scene.server.sendMessage('changes', JSON.stringify(bridged), region)
    scene.server.sendMessage('uploads', JSON.stringify(tested), region)
    scene.server.sendMessage('uploads', JSON.stringify(uploaded), region)
    const bus = scene.bus()
    const seen: unknown[] = []
    let events = 0
    await scene.start((service) =>
      service
        .on(bus.queue(changes), ({ data }) => void seen.push(data.detail.state, data['detail-type']))
        .on(bus.queue(uploads), ({ data }) => {
          events++
          for (const { s3 } of data.Records) seen.push(s3.object.key)
        }),
    )
    await until(() => events === 2 && seen.length === 3)
    await until(() => ['changes', 'uploads'].every((queue) => scene.bodies(queue).length === 0))
    assert.equal(seen.sort(), [bridged['detail-type'], 'red+flower.jpg', 'terminated'].sort())
    for (const queue of ['changes-dead', 'uploads-dead']) assert.equal(scene.bodies(queue), [])
  }),
)

test(
  'events that come by way of a topic are unwrapped, with the JSON of SNS around them and raw',
  inScene(async (scene) => {
    const bus = scene.bus()
    const seen: unknown[] = []
    await scene.start((service) =>
      service
        .on(bus.topic(uploads, { queue: 'q' }), ({ data, topic: name }) => void seen.push([name, data]))
        .on(bus.topic(uploads, { queue: 'r', rawMessageDelivery: true }), ({ data, topic: name }) => {
          seen.push([name, data])
        }),
    )
    scene.server.publish('uploads', JSON.stringify(uploaded), region)
    await until(() => seen.length === 2)
    assert.equal(seen, [
      ['uploads', uploaded],
      ['uploads', uploaded],
    ])
  }),
)

test(
  'what is no such event is dead-lettered; rawMessageDelivery: false expects the JSON of SNS',
  inScene(async (scene) => {
    for (const queue of ['q', 'r']) scene.server.createQueue(queue, region)
    scene.server.sendMessage('q', JSON.stringify(uploaded), region)
    scene.server.sendMessage('r', JSON.stringify(bridged), region)
    const bus = scene.bus()
    let handled = 0
    await scene.start((service) =>
      service
        .on(bus.queue('q', { envelope: eventBridge() }), () => void handled++)
        .on(bus.queue('r', { envelope: eventBridge(), rawMessageDelivery: false }), () => void handled++),
    )
    await until(() => ['q-dead', 'r-dead'].every((queue) => scene.bodies(queue).length === 1))
    assert.is(handled, 0)
  }),
)

test(
  'they come to a Lambda function, and out of S3',
  inScene(async (scene) => {
    const bucket = new Bucket(scene)
    scene.server.createQueue('q', region)
    await bucket.put('a', JSON.stringify(bridged))
    sendPointer(scene, 'q', 'a')
    const seen: string[] = []
    const bus = busWith(scene)
    const note = ({ data }: { readonly data: StateChange }) => void seen.push(data.source)
    await scene.start((service) =>
      service.on(bus.queue('q', { envelope: eventBridge() }), ({ data }) =>
        note({ data: data as StateChange }),
      ),
    )
    const service = new Service().on(scene.bus().topic(changes, { queue: 'changes' }), note)
    const response = await invoked(service)(eventOf({ queue: 'changes', body: JSON.stringify(bridged) }))
    assert.equal(failed(response), [])
    await until(() => seen.length === 2)
    assert.equal(seen, ['aws.ec2', 'aws.ec2'])
  }),
)

test.run()
