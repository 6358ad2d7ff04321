// time limit: 60 s
// node: 24 only
// Functions that provide credentials, and what they may do wrong.
import { configureLogging, type Service } from 'tomodachi'
import { type SnsSqsBus, type SnsSqsOptions, snsSqs } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('providers of credentials')
const keys = { accessKeyId: 'key', secretAccessKey: 'secret' }

/** A bus whose credentials are provided; they are asked for often. */
function provided(scene: Scene, provider: () => unknown, options: SnsSqsOptions = {}): SnsSqsBus {
  const url = `http://127.0.0.1:${scene.proxy.port}`
  const credentials = provider as SnsSqsOptions['credentials']
  const endpointUrls = { sns: url, sqs: url }
  return snsSqs({ regionName: 'eu-west-1', endpointUrls, waitTime: '1s', credentials, ...options })
}

/** So that the SDK asks again for the next call. */
const expiring = () => ({ ...keys, expiration: new Date() })
const never = () => new Promise<never>(() => {})
const failing = () => {
  throw new Error('no answer from the vault')
}

for (const [what, provider, code, sentence] of [
  ['throws', failing, 'BROKER_UNREACHABLE', /the function given as credentials failed: no answer from the/],
  ['never answers', never, 'BROKER_UNREACHABLE', /credentials failed: it did not answer within 300 ms/],
  [
    'returns nothing',
    () => undefined,
    'CREDENTIALS_REFUSED',
    /credentials returned no \{ accessKeyId, secret/,
  ],
  [
    'returns half a pair',
    () => ({ accessKeyId: 'key' }),
    'CREDENTIALS_REFUSED',
    /returned no \{ accessKeyId/,
  ],
] as const)
  test(
    `a provider that ${what} fails the start, which says so`,
    inScene(async (scene) => {
      const bus = provided(scene, provider, { startTimeout: 100, requestTimeout: 300 })
      const error = await rejection(scene.start((service) => service.on(bus.topic('t'), () => {})))
      assert.is(error.code, code)
      assert.match(error.message, sentence)
    }),
  )

for (const [what, provider] of [
  ['throws', failing],
  ['never answers', never],
] as const)
  test(
    `a provider that ${what} for a while holds messages up, and loses none`,
    inScene(async (scene) => {
      let [provide, failures] = [expiring as () => unknown, 0]
      const handled: unknown[] = []
      const bus = provided(scene, () => provide(), { requestTimeout: '1s' })
      await scene.start((service: Service) =>
        service.on(bus.topic('t', { queue: 'q' }), ({ data }) => {
          handled.push(data)
        }),
      )
      provide = () => {
        if (++failures > 3) provide = expiring
        return provider()
      }
      await bus.publish('t', 'x')
      await until(() => handled.length > 0 && scene.bodies('q').length === 0)
      assert.ok(failures > 3)
      assert.equal(handled, ['x'])
    }),
  )

test.run()
