import assert from 'node:assert/strict'
import {
  type AnyMiddleware,
  type MessageBus,
  type Middleware,
  reply,
  type Service,
} from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Stage } from '../stage/stage.ts'

/** That nothing which user code does loses a message or the process. */
export const handlerLaws: readonly Law[] = [
  law('C45 swallowed error: the message counts as handled, and the next one comes', swallowedError),
  law('C46 middleware order: retries are the same in every order and at every level', middlewareOrder),
  law('C47 rejections: those of handlers, hooks and listeners are never unhandled', rejections),
  law('C48 throwing at once: handler, middleware, order and format settle all the same', throwingAtOnce),
  law(
    'C48 throwing anything: what cannot become text is a failure with a reason like any other',
    throwingAnything,
  ),
]

const thrice = { attempts: 3, backoff: () => 0 }

async function swallowedError(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  const swallow: Middleware = async (_, next) => {
    try {
      return await next()
    } catch {
      return reply(undefined)
    }
  }
  const { kernel } = await stage.consumer(
    topic,
    { queue, concurrency: 1, retry: thrice, use: [swallow] },
    async ({ data }) => {
      journal.note(data)
      throw new Error('nobody will see this')
    },
  )
  const sent = stage.texts(3)
  await stage.publish(await stage.publisher(), topic, sent)
  await stage.handled(journal, sent)
  assert.equal(await stage.stop(kernel), 0)
  assert.deepEqual(await stage.world.deadLetters(`${queue}.dead`), [])
}

async function middlewareOrder(stage: Stage): Promise<void> {
  const passOn: Middleware = async (_, next) => next()
  const rethrow: Middleware = async (_, next) => {
    try {
      return await next()
    } catch (cause) {
      throw new Error('caught and thrown again', { cause })
    }
  }
  const add: Middleware = async (_, next) => next({ added: true })
  const orders = [[], [passOn, rethrow, add], [add, rethrow, passOn], [rethrow, passOn, add]]
  for (const use of orders) {
    const [topic, queue] = [stage.name('topic'), stage.name('queue')]
    let calls = 0
    await stage.consumer(topic, { queue, retry: thrice, use }, async () => {
      calls++
      throw new Error('this can never work')
    })
    await (await stage.publisher()).publish(topic, 'message')
    await stage.eventually(async () => {
      assert.equal((await stage.world.deadLetters(`${queue}.dead`)).length, 1)
    })
    await stage.silence()
    assert.ok(stage.features.exactlyOnce ? calls === 3 : calls >= 3, `handled ${calls} times instead of 3`)
  }
}

async function rejections(stage: Stage): Promise<void> {
  const unhandled: unknown[] = []
  const listen = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listen)
  try {
    await rejectEverywhere(stage)
    await stage.silence()
  } finally {
    process.off('unhandledRejection', listen)
  }
  assert.deepEqual(unhandled, [])
}

async function rejectEverywhere(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const reject = async () => {
    throw new Error('a rejection')
  }
  const handler = async ({ signal, data }: { signal: AbortSignal; data: unknown }) => {
    if (data === 'fails') await reject()
    // Rejects after its message has been taken away.
    await new Promise((_, late) => signal.addEventListener('abort', () => setTimeout(late, 5, signal.reason)))
  }
  const setUp = (service: Service, bus: MessageBus) => {
    service.on(bus.topic(topic, { queue, retry: { attempts: 1 } }), handler)
  }
  const drainTimeout = 2 * stage.features.silence
  const { kernel } = await stage.start(setUp, { drainTimeout, onStopping: reject, onStop: reject })
  let settled = 0
  kernel.bus.on('settled', async () => {
    settled++
    await reject()
  })
  await stage.publish(await stage.publisher(), topic, ['fails', 'stuck'])
  await stage.eventually(() => assert.ok(settled > 0))
  assert.notEqual(await stage.stop(kernel), 0)
  for (const hook of ['onStart', 'onStarted']) {
    const failing = await stage.instance(setUp, { drainTimeout, [hook]: reject })
    await assert.rejects(failing.kernel.start(), /a rejection/)
  }
}

async function throwingAtOnce(stage: Stage): Promise<void> {
  const throwing = () => {
    throw new Error('thrown at once')
  }
  const middleware = throwing as unknown as AnyMiddleware
  const parse = throwing
  const build = (data: unknown) => String(data)
  const cases = [
    { handler: throwing },
    { use: [middleware] },
    { orderBy: throwing },
    { envelope: { build, parse } },
  ]
  for (const { handler = () => {}, ...options } of cases) {
    const [topic, queue] = [stage.name('topic'), stage.name('queue')]
    const retry = { attempts: 2, backoff: () => 0 }
    const { kernel } = await stage.consumer(topic, { queue, concurrency: 1, retry, ...options }, handler)
    await stage.publish(await stage.publisher(), topic, stage.texts(3))
    await stage.eventually(async () => {
      assert.equal((await stage.world.deadLetters(`${queue}.dead`)).length, 3)
    })
    assert.equal(await stage.stop(kernel), 0)
  }
}

/** Values that code may throw, and that cannot simply be read or become text. */
const unspeakable: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => Symbol('thrown'),
  () => Object.create(null),
  () => ({ toString: refuse, valueOf: refuse }),
  () => ({ [Symbol.toPrimitive]: refuse }),
  () => Object.defineProperty(new Error('thrown'), 'message', { get: refuse }),
  () => Object.defineProperty(new Error('thrown'), 'stack', { get: refuse }),
  () => Object.assign(new Error('thrown'), { name: Symbol('thrown') }),
  () => new Proxy(new Error('thrown'), { get: refuse, has: refuse, getPrototypeOf: refuse }),
  () => revoked(),
]

function refuse(): never {
  throw new Error('this value cannot be read')
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

async function throwingAnything(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  const retry = { attempts: 2, backoff: () => 0 }
  const { kernel } = await stage.consumer(topic, { queue, concurrency: 1, retry }, ({ data }) => {
    const make = unspeakable[Number(data)]
    if (make) throw make()
    journal.note(data)
  })
  await stage.publish(await stage.publisher(), topic, [...unspeakable.keys(), 'fine'].map(String))
  await stage.eventually(async () => {
    const dead = await stage.world.deadLetters(`${queue}.dead`)
    assert.deepEqual(new Set(dead.map(({ data }) => data)), new Set([...unspeakable.keys()].map(String)))
    for (const { data, headers } of dead)
      assert.ok(String(headers['x-dead-letter-reason'] ?? ''), `a dead letter has no reason: ${data}`)
  })
  await stage.handled(journal, ['fine'])
  assert.equal(await stage.stop(kernel), 0)
}
