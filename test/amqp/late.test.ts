// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// Starts and closes that end when the adapter runs again.
import { configureLogging, Kernel, manualClock, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FaultProxy } from '../chaos/proxy.ts'
import { turn } from '../kernel/fake-adapter.ts'
import { leftBehind, stoppedAtDeadlines } from '../kernel/left-behind.ts'
import { started } from '../kernel/started.ts'
import { unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const late = suite('late ends on RabbitMQ')

/** Sockets of one life of a bus: one to consume by, one to publish by. */
const socketsOfOne = 2

/** A service of one handler, whose broker is behind a proxy. */
async function scene() {
  const proxy = await FaultProxy.before(brokerUrl)
  const bus = amqp({ url: proxy.url, queueTtl: '10m' })
  const topic = unique('topic')
  const seen: unknown[] = []
  const service = new Service({ drainTimeout: 5_000 }).on(bus.topic(topic, { queue: topic }), ({ data }) => {
    seen.push(data)
  })
  /** What runs now is not disturbed by what was before, handles messages, and leaves nothing open. */
  const proveAlone = async (kernel: Kernel) => {
    proxy.resume()
    await until(() => proxy.size <= socketsOfOne, 'the sockets of the first run are gone')
    for (let turns = 0; turns < 20; turns++) await turn()
    assert.is(kernel.ready, true)
    await bus.publish(topic, 'here')
    await until(() => seen.length > 0, 'a message is handled')
    assert.equal(seen, ['here'])
    assert.is(await kernel.stop(), 0)
    await until(() => proxy.size === 0, 'all sockets are gone')
    proxy.close()
  }
  return { proxy, service, proveAlone }
}

/** Stops a start that has one of its connections, while the broker answers nobody any more. */
async function stoppedWhileConnecting(proxy: FaultProxy, service: Service): Promise<Kernel> {
  proxy.onAccepted = () => {
    if (proxy.accepted === socketsOfOne) proxy.stall({ all: true })
  }
  return leftBehind(service, () => until(() => proxy.accepted === socketsOfOne, 'it connects to publish'))
}

late('a start that ends after its kernel was stopped leaves the next run alone', async () => {
  const { proxy, service, proveAlone } = await scene()
  await stoppedWhileConnecting(proxy, service)
  proxy.stall()
  const kernel = await started(service)
  await proveAlone(kernel)
})

late('a start that ends after its kernel was stopped leaves nothing open', async () => {
  const { proxy, service } = await scene()
  const kernel = await stoppedWhileConnecting(proxy, service)
  proxy.resume()
  await until(() => proxy.size === 0, 'all sockets are gone')
  assert.is(kernel.ready, false)
  proxy.close()
})

late('a close that ends after its kernel was stopped leaves the next run alone', async () => {
  const { proxy, service, proveAlone } = await scene()
  const clock = manualClock()
  const first = new Kernel([service], { ownsProcess: false, clock })
  await first.start()
  // The broker does not say goodbye.
  proxy.stall()
  await stoppedAtDeadlines(first, clock)
  assert.is(proxy.size, socketsOfOne)
  const kernel = await started(service)
  await proveAlone(kernel)
})

late.run()
