// time limit: 60 s
// node: 24 only
import { configureLogging, Kernel, Service } from 'tomodachi'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { bodies, eventOf, failed, handling, invoked, stopInvoked, text } from './lambda-events.ts'
import { inScene, rejection, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('the life of a service in AWS Lambda')
test.after(stopInvoked)

test(
  'shortly before the invocation ends, what still runs is taken from its handler and is a failure',
  inScene(async (scene) => {
    const reasons: unknown[] = []
    let release = () => {}
    const bus = scene.bus()
    const service = new Service().on(bus.queue('q', text), async ({ data, signal }) => {
      if (data !== 'slow') return
      await new Promise<void>((resolve) => {
        release = resolve
        signal.addEventListener('abort', () => reasons.push(String(signal.reason)))
      })
    })
    const handler = invoked(service)
    const response = await handler(eventOf(...bodies('quick', 'slow')), {
      getRemainingTimeInMillis: () => 300,
    })
    assert.equal(failed(response), ['2'])
    assert.match(String(reasons[0]), /the invocation is about to end/)
    release()
    // What its handler returns now changes nothing, and the next invocation works.
    assert.equal(failed(await handler(eventOf(...bodies('quick')))), [])
  }),
)

test(
  'services start once, with their hooks, and again after a stop; publishes that no handler awaits are sent before the end',
  inScene(async (scene) => {
    let [starts, stop] = [0, async () => {}]
    const bus = scene.bus()
    const service = new Service({
      onStart({ kernel }) {
        starts++
        stop = async () => void (await kernel.stop())
      },
    }).on(bus.queue('q', text), ({ data }) => void bus.publish('t', data))
    const handler = invoked(service)
    await Promise.all([handler(eventOf(...bodies('1'))), handler(eventOf(...bodies('2')))])
    assert.is(scene.proxy.count('PublishBatch'), 1)
    await handler(eventOf(...bodies('3')))
    assert.is(scene.proxy.count('PublishBatch'), 2)
    assert.is(starts, 1)
    await stop()
    assert.equal(failed(await handler(eventOf(...bodies('4')))), [])
    assert.is(starts, 2)
    await stop()
  }),
)

test(
  'a start that fails is the failure of the invocation, and the next one starts anew',
  inScene(async (scene) => {
    let starts = 0
    const service = new Service({
      onStart() {
        if (++starts === 1) throw new Error('no database')
      },
    }).on(scene.bus().queue('q', text), () => {})
    const handler = invoked(service)
    assert.match((await rejection(handler(eventOf(...bodies('1'))))).message, 'no database')
    assert.equal(failed(await handler(eventOf(...bodies('1')))), [])
  }),
)

test(
  'the same service polls its queue when it is run, after it has been invoked',
  inScene(async (scene) => {
    const seen: string[] = []
    let stop = async () => {}
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const service = handling(scene, (data) => void seen.push(data))
    service.onStart = ({ kernel }) => {
      stop = async () => void (await kernel.stop())
    }
    await invoked(service)(eventOf(...bodies('invoked')))
    await stop()
    scene.server.sendMessage('q', 'polled', { region: 'eu-west-1' })
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    await until(() => seen.length === 2)
    await kernel.stop()
    assert.equal(seen, ['invoked', 'polled'])
  }),
)

test.run()
