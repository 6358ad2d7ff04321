// time limit: 90 s
// node: 24 only
import { configureLogging } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import * as assert from 'uvu/assert'
import type { Fault } from '../chaos/aws-proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { Bucket, busWith, large, sendPointer } from './payload-bucket.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('payloads of SNS+SQS in S3, when something fails')

const text = { rawMessageDelivery: true, envelope: raw(), retry: { backoff: () => 0 } } as const

/** As S3 writes it (S3 API reference, "Error responses"). */
function s3Error(status: number, code: string): Fault {
  return { status, text: `<Error><Code>${code}</Code><Message>${code} of S3</Message></Error>` }
}

/** Answers calls to S3 by what is left of the faults, one for each, and counts them. */
function failing(scene: Scene, method: string, faults: Fault[]): { readonly calls: number } {
  const counted = { calls: 0 }
  scene.proxy.fault = ({ operation }) => {
    if (!operation.startsWith(`${method} /payloads/`)) return undefined
    counted.calls++
    return faults.shift()
  }
  return counted
}

/** A queue with one message whose payload is in the bucket. */
async function queued(scene: Scene): Promise<Bucket> {
  const bucket = new Bucket(scene)
  scene.server.createQueue('q', { region: 'eu-west-1' })
  await bucket.put('a', 'the payload')
  sendPointer(scene, 'q', 'a')
  return bucket
}

const reasonIn = (scene: Scene) =>
  lettersIn(scene.server, 'q-dead').map(({ headers }) => headers['x-dead-letter-reason'])

test(
  'an object that is gone is dead-lettered at once, with its name in the reason',
  inScene(async (scene) => {
    const bucket = await queued(scene)
    await bucket.delete('a')
    const reads = failing(scene, 'GET', [])
    const bus = busWith(scene)
    let handled = 0
    await scene.start((service) =>
      service.on(bus.queue('q', { ...text, onError: 'drop' }), () => void handled++),
    )
    await until(() => reasonIn(scene).length === 1 && scene.bodies('q').length === 0)
    assert.match(String(reasonIn(scene)[0]), /s3:\/\/payloads\/a does not exist/)
    assert.equal([reads.calls, handled], [1, 0])
  }),
)

for (const onError of ['retry', 'drop'] as const)
  test(
    `while S3 fails the message is retried, and then handled; onError: ${onError} is about the handler`,
    inScene(async (scene) => {
      await queued(scene)
      // More than the SDK tries by itself.
      failing(scene, 'GET', ['reset', ...Array.from({ length: 5 }, () => s3Error(503, 'SlowDown'))])
      const bus = busWith(scene)
      const seen: unknown[] = []
      await scene.start((service) =>
        service.on(
          bus.queue('q', { ...text, onError }),
          ({ data, attempt }) => void seen.push([data, attempt > 1]),
        ),
      )
      await until(() => seen.length === 1 && scene.bodies('q').length === 0)
      assert.equal(seen, [['the payload', true]])
      assert.equal(reasonIn(scene), [])
    }),
  )

test(
  'what S3 refuses to read is dead-lettered after the last attempt, and the copy can be redriven once S3 allows it',
  inScene(async (scene) => {
    const bucket = await queued(scene)
    const bus = busWith(scene, { deleteHandled: true })
    const seen: unknown[] = []
    const refused = Array.from({ length: 2 }, () => s3Error(403, 'AccessDenied'))
    const reads = failing(scene, 'GET', refused)
    await scene.start((service) =>
      service.on(
        bus.queue('q', { ...text, retry: { attempts: 2, backoff: () => 0 } }),
        ({ data }) => void seen.push(data),
      ),
    )
    await until(() => reasonIn(scene).length === 1 && scene.bodies('q').length === 0)
    assert.match(
      String(reasonIn(scene)[0]),
      /S3 refused to read the payload s3:\/\/payloads\/a; .* you have s3:GetObject \(AccessDenied/,
    )
    assert.is(reads.calls, 2)
    assert.equal(await bucket.keys(), ['a'])
    await bus.deadLetterQueues.redrive('q-dead')
    await until(() => seen.length === 1)
    assert.equal(seen, ['the payload'])
    // Now it was handled.
    await until(async () => (await bucket.keys()).length === 0)
  }),
)

test(
  'an object is deleted only if asked, after its message, from the bucket of the bus and below its prefix',
  inScene(async (scene) => {
    const bucket = await queued(scene)
    scene.server.createBucket('others')
    const events: string[] = []
    scene.proxy.fault = ({ operation }) => {
      if (/^DELETE|DeleteMessage/.test(operation)) events.push(operation)
      return undefined
    }
    const keeping = busWith(scene)
    const seen: unknown[] = []
    const handler = ({ data }: { readonly data: unknown }) => void seen.push(data)
    const kernel = await scene.start((service) => service.on(keeping.queue('q', text), handler))
    await until(() => scene.bodies('q').length === 0)
    await kernel.stop()
    assert.equal([await bucket.keys(), events], [['a'], ['DeleteMessageBatch']])
    sendPointer(scene, 'q', 'a')
    const elsewhere = scene.bus({ largePayloads: { bucket: 'others', deleteHandled: true } })
    const second = await scene.start((service) => service.on(elsewhere.queue('q', text), handler))
    await until(() => scene.bodies('q').length === 0)
    await second.stop()
    assert.equal(await bucket.keys(), ['a'])
    sendPointer(scene, 'q', 'a')
    const above = busWith(scene, { deleteHandled: true, keyPrefix: 'orders/' })
    const third = await scene.start((service) => service.on(above.queue('q', text), handler))
    await until(() => scene.bodies('q').length === 0)
    await third.stop()
    assert.equal(await bucket.keys(), ['a'])
    sendPointer(scene, 'q', 'a')
    events.length = 0
    const deleting = busWith(scene, { deleteHandled: true })
    await scene.start((service) => service.on(deleting.queue('q', text), handler))
    await until(() => events.length === 2)
    assert.equal(events, ['DeleteMessageBatch', 'DELETE /payloads/a'])
    assert.equal(seen, Array(4).fill('the payload'))
  }),
)

test(
  'the object of a message that could not be deleted stays, for it comes again',
  inScene(async (scene) => {
    const bucket = await queued(scene)
    let deletes = 0
    scene.proxy.fault = ({ operation }) => {
      if (operation !== 'DeleteMessageBatch') return undefined
      deletes++
      return { status: 400, code: 'InvalidAddress' }
    }
    const bus = busWith(scene, { deleteHandled: true })
    let handled = 0
    const kernel = await scene.start((service) => service.on(bus.queue('q', text), () => void handled++))
    await until(() => deletes === 1)
    await kernel.stop()
    assert.is(handled, 1)
    assert.equal(await bucket.keys(), ['a'])
  }),
)

test(
  'publishing waits for S3 while it fails, and rejects with a sentence when it refuses; nothing is sent then',
  inScene(async (scene) => {
    const bucket = new Bucket(scene)
    const bus = busWith(scene)
    await scene.start(() => {}, { adapters: [bus] })
    const writes = failing(scene, 'PUT', [
      'reset',
      ...Array.from({ length: 4 }, () => s3Error(503, 'SlowDown')),
    ])
    await bus.publish('t', large)
    assert.ok(writes.calls > 4)
    assert.is((await bucket.keys()).length, 1)
    assert.is(scene.proxy.count('PublishBatch'), 1)
    for (const [status, code] of [
      [404, 'NoSuchBucket'],
      [403, 'AccessDenied'],
    ] as const) {
      failing(scene, 'PUT', [s3Error(status, code)])
      const { message, code: ours } = await rejection(bus.publish('t', large))
      assert.is(ours, 'PAYLOAD_STORE_REFUSED')
      assert.match(message, `check that the bucket exists and that you have s3:PutObject (${code}`)
    }
    assert.is(scene.proxy.count('PublishBatch'), 1)
  }),
)

test(
  'an object that is larger than a text can be is not read, and its message is dead-lettered at once',
  inScene(async (scene) => {
    await queued(scene)
    const headers = { 'content-length': String(5_000_000_000) }
    const reads = failing(scene, 'GET', [{ status: 200, text: 'the beginning', headers }])
    const bus = busWith(scene)
    await scene.start((service) => service.on(bus.queue('q', text), () => {}))
    await until(() => reasonIn(scene).length === 1 && scene.bodies('q').length === 0)
    assert.match(String(reasonIn(scene)[0]), /s3:\/\/payloads\/a has 5000000000 bytes/)
    assert.is(reads.calls, 1)
  }),
)

test(
  'a pointer without a key is a payload like any other: nobody is given the list of the objects',
  inScene(async (scene) => {
    await queued(scene)
    sendPointer(scene, 'q', '')
    const handled: string[] = []
    const bus = busWith(scene)
    await scene.start((service) =>
      service.on(bus.queue('q', text), ({ data }) => void handled.push(`${data}`)),
    )
    await until(() => handled.length === 2)
    assert.is(
      handled.sort()[0],
      '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"payloads","s3Key":""}]',
    )
  }),
)

test.run()
