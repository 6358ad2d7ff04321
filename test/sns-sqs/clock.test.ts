// time limit: 120 s
// node: 24 only
// A machine whose clock is wrong, and AWS, whose clock is right.
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('clocks of SNS+SQS')

/** What AWS says of a signature whose time is too far from its own; each service has its own words. */
const refusals = [
  ['SignatureDoesNotMatch', 'Signature expired: 20261130T084500Z is now earlier than 20261130T085000Z'],
  [
    'InvalidSignatureException',
    'Signature not yet current: 20261130T091500Z is still later than 20261130T090500Z',
  ],
  ['RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.'],
  ['RequestExpired', 'Request has expired.'],
] as const

/** AWS whose clock is so far ahead of ours, and takes what was signed within five minutes of it (SigV4, request expiry). */
function strict(milliseconds: number, code: string, message: string): Scene['proxy']['fault'] {
  return ({ signed }) => {
    const now = Date.now() + milliseconds
    if (Math.abs(Date.parse(signed) - now) < 300_000) return undefined
    return { status: 403, code, message, headers: { date: new Date(now).toUTCString() } }
  }
}

test(
  'a clock that is ten minutes off is corrected, at the start and while running',
  inScene(async (scene) => {
    for (const [place, [code, message]] of refusals.entries()) {
      const minutes = place % 2 === 0 ? 10 : -10
      const bus = scene.bus()
      const handled = new Set<unknown>()
      const queue = `q${place}`
      scene.proxy.fault = strict(minutes * 60_000, code, message)
      const kernel = await scene.start((service) =>
        service.on(bus.topic(`t${place}`, { queue }), ({ data }) => void handled.add(data)),
      )
      await bus.publish(`t${place}`, 'at the start')
      // The clock is set: every client has to correct itself again.
      scene.proxy.fault = strict(-minutes * 60_000, code, message)
      const publishes = [1, 2].map((data) => bus.publish(`t${place}`, data))
      await Promise.all([...publishes, bus.sendMessage(queue, 3)])
      await until(() => handled.size === 4 && scene.bodies(queue).length === 0, code)
      await kernel.stop()
    }
  }),
)

for (const [name, date] of [
  ['right', () => Date.now()],
  ['wrong', () => Date.now() + 600_000],
] as const) {
  test(
    `a wrong key fails the start at once, although the clock is ${name}`,
    inScene(async (scene) => {
      scene.proxy.fault = () => ({
        status: 403,
        code: 'SignatureDoesNotMatch',
        message: 'The request signature we calculated does not match the signature you provided.',
        headers: { date: new Date(date()).toUTCString() },
      })
      const bus = scene.bus({ startTimeout: 60_000 })
      const starting = scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => {}))
      assert.is((await rejection(starting)).code, 'CREDENTIALS_REFUSED')
    }),
  )
}

test(
  'a clock that cannot be corrected, because the answers have no date, is not a wrong key',
  inScene(async (scene) => {
    const [[code, message]] = refusals
    scene.proxy.fault = () => ({ status: 403, code, message, headers: { date: '' } })
    const bus = scene.bus({ startTimeout: 500 })
    const starting = scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => {}))
    const error = await rejection(starting)
    assert.is(error.code, 'BROKER_UNREACHABLE')
    assert.match(error.message, /Signature expired/)
  }),
)

test.run()
