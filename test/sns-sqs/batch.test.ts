// time limit: 120 s
// node: 24 only
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchFailure, configureLogging, DeadLetter } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, until } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('batches on SNS+SQS')

test(
  'a handler of batches is given several messages, and what fails of them is settled by itself',
  inScene(async (scene) => {
    const bus = scene.bus()
    const batches: unknown[][] = []
    const attempts: number[] = []
    const options = { queue: 'q', batch: { size: 4, wait: 5_000 }, retry: { backoff: () => 0 } } as const
    await scene.start((service) =>
      service.on(bus.topic('t', options), ({ batch }) => {
        batches.push(batch.map(({ data }) => data))
        for (const { data, attempt, sqsMessageId, queueUrl } of batch) {
          assert.ok(sqsMessageId !== '' && queueUrl.endsWith('/q'))
          if (data === 1) attempts.push(attempt)
        }
        const failing = batch.flatMap(({ data, attempt }, place): [number, unknown][] => {
          if (data === 1 && attempt === 1) return [[place, new Error('not yet')]]
          return data === 2 && attempt === 1 ? [[place, new DeadLetter('never')]] : []
        })
        if (failing.length > 0) throw new BatchFailure(failing)
      }),
    )
    await Promise.all([0, 1, 2, 3].map((number) => bus.publish('t', number)))
    await until(() => batches.length > 0)
    assert.equal(batches[0]?.toSorted(), [0, 1, 2, 3])
    await until(() => attempts.length === 2)
    await until(() => scene.bodies('q').length === 0)
    assert.equal(attempts, [1, 2])
    assert.equal(
      lettersIn(scene.server, 'q-dead').map(({ data }) => data),
      [2],
    )
  }),
)

test(
  'a source of a queue has batches too, and one message that is none is not in them',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = scene.bus()
    const batches: unknown[][] = []
    await scene.start((service) =>
      service.on(
        bus.queue('q', { batch: { size: 3, wait: 5_000 } }),
        ({ batch }) => void batches.push(batch.map(({ data }) => data)),
      ),
    )
    scene.server.sendMessage('q', 'no JSON', { region: 'eu-west-1' })
    await Promise.all([1, 2, 3].map((number) => bus.sendMessage('q', number)))
    await until(() => batches.length > 0)
    assert.equal(
      batches.map((batch) => batch.toSorted()),
      [[1, 2, 3]],
    )
    await until(() => scene.bodies('q-dead').length === 1)
  }),
)

test(
  'batches of FIFO run one after the other, and each group stays in order though a message of one fails',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: Record<string, unknown[]> = { a: [], b: [], c: [] }
    let [running, most, mostGroups, failures] = [0, 0, 0, 0]
    const options = {
      queue: 'q',
      fifo: true,
      batch: { size: 3, wait: 200 },
      retry: { backoff: () => 0 },
    } as const
    await scene.start((service) =>
      service.on(bus.topic('t', options), async ({ batch }) => {
        running++
        most = Math.max(most, running)
        mostGroups = Math.max(mostGroups, new Set(batch.map(({ messageGroupId }) => messageGroupId)).size)
        await sleep(20)
        running--
        const failing: [number, unknown][] = []
        for (const [place, { data, attempt, messageGroupId = '' }] of batch.entries()) {
          if (messageGroupId === 'a' && data === 2 && attempt === 1)
            failing.push([place, new Error(`failure ${++failures}`)])
          else handled[messageGroupId]?.push(data)
        }
        if (failing.length > 0) throw new BatchFailure(failing)
      }),
    )
    const numbers = [1, 2, 3, 4]
    for (const number of numbers)
      await Promise.all(Object.keys(handled).map((groupId) => bus.publish('t', number, { groupId })))
    await until(() => Object.values(handled).every(({ length }) => length === numbers.length))
    for (const group of Object.values(handled)) assert.equal(group, numbers)
    assert.equal([failures, most], [1, 1])
    assert.ok(mostGroups > 1, 'no batch had messages of two groups')
  }),
)

test(
  'of one group that comes in one receive, a batch that fails as a whole comes again as a whole, in order',
  inScene(async (scene) => {
    // The emulator hands out one of a group at a time; AWS as many as it can.
    scene.server.createQueue('q.fifo', { region: 'eu-west-1', attributes: { FifoQueue: 'false' } })
    scene.proxy.fault = ({ operation }) => {
      if (operation !== 'ReceiveMessage') return undefined
      return { edit: (body) => body.replaceAll('"Attributes":{', '"Attributes":{"MessageGroupId":"g",') }
    }
    const bus = scene.bus()
    const seen: string[][] = []
    for (const text of ['1', '2', '3']) scene.server.sendMessage('q.fifo', text, { region: 'eu-west-1' })
    const options = {
      batch: { size: 3, wait: 5_000 },
      rawMessageDelivery: true,
      envelope: raw(),
      retry: { attempts: 2, backoff: () => 0 },
    } as const
    await scene.start((service) =>
      service.on(bus.queue('q.fifo', options), ({ batch }) => {
        seen.push(batch.map(({ data, attempt }) => `${data}.${attempt}`))
        if (seen.length === 1) throw new Error('not yet')
      }),
    )
    await until(() => scene.bodies('q.fifo').length === 0)
    assert.equal(seen, [
      ['1.1', '2.1', '3.1'],
      ['1.2', '2.2', '3.2'],
    ])
  }),
)

test.run()
