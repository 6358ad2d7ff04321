// time limit: 120 s
// node: 24 only
// Receives that are never answered make the service unready within the time that `kernel/guides/operating.md` states.
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import type { Fault } from '../chaos/aws-proxy.ts'
import { turnsUnready } from '../deaf.ts'
import { sideBySide } from '../side-by-side.ts'
import { inScene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('deaf consumers of SQS')
const [waitTime, requestTimeout] = [1_000, 700]
const stated = { within: 2 * (waitTime + requestTimeout), part: 'the queue "q"' }

for (const [what, fault, reason] of [
  ['polls that hang at a proxy', 'stall', /no receive has been answered for \d+ s|requestTimeout/],
  ['polls whose answer breaks off', 'hang', /no receive has been answered for \d+ s|no more of the answer/],
  ['polls that are refused', { status: 403, code: 'AccessDenied' }, /AccessDenied/],
] as readonly [string, Fault, RegExp][]) {
  test(
    what,
    inScene(async (scene) => {
      const bus = scene.bus({ waitTime, requestTimeout })
      const handled: unknown[] = []
      const kernel = await scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
      )
      await bus.publish('t', 'before')
      await until(() => handled.includes('before'))
      await turnsUnready(kernel, {
        deafen() {
          scene.proxy.fault = ({ operation }) => (operation === 'ReceiveMessage' ? fault : undefined)
        },
        repair() {
          scene.proxy.fault = () => undefined
        },
        ...stated,
        reason,
      })
      await bus.publish('t', 'after')
      await until(() => handled.includes('after'))
    }),
  )
}

test(
  'an answer that comes slowly arrives',
  inScene(async (scene) => {
    const bus = scene.bus({ waitTime, requestTimeout })
    const handled: unknown[] = []
    const kernel = await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), ({ data, attempt }) => void handled.push([data, attempt])),
    )
    let dripped = 0
    scene.proxy.fault = ({ operation }) => {
      if (operation !== 'ReceiveMessage' || dripped > 0) return undefined
      dripped++
      return 'drip'
    }
    await bus.publish('t', 'slow')
    await until(() => handled.length === 1)
    assert.equal(handled, [['slow', 1]])
    assert.ok(kernel.ready)
  }),
)

test(
  'a single poll that hangs is made good by the next one, and handlers that are busy are not deaf',
  inScene(async (scene) => {
    const bus = scene.bus({ waitTime, requestTimeout })
    const handled: unknown[] = []
    let finish = () => {}
    const kernel = await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'q', concurrency: 1, visibilityTimeout: '5m' }),
        async ({ data }) => {
          handled.push(data)
          if (data === 'long') await new Promise<void>((resolve) => (finish = resolve))
        },
      ),
    )
    let wasUnready = false
    const watch = setInterval(() => (wasUnready ||= !kernel.ready), 1)
    let hung = 0
    scene.proxy.fault = ({ operation }) =>
      operation === 'ReceiveMessage' && hung++ === 0 ? 'stall' : undefined
    // The one that hangs, and some after it.
    await until(() => hung > 3)
    await bus.publish('t', 'long')
    await until(() => handled.includes('long'))
    const busyUntil = performance.now() + 2 * stated.within
    await until(() => performance.now() > busyUntil)
    finish()
    await bus.publish('t', 'after')
    await until(() => handled.includes('after'))
    clearInterval(watch)
    if (wasUnready) throw new Error('it was not ready for a moment')
  }),
)

test.run()
