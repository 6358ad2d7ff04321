// node: 24 only
import fc from 'fast-check'
import { configureLogging, getLogger } from 'tomodachi'
import * as assert from 'uvu/assert'
import { loggingSuite, written } from './written.ts'

const log = loggingSuite('log properties')

type Make = () => unknown
// Made inside the property: fast-check looks into the values that it hands over.
const hostile = fc.constantFrom<Make>(
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  () => new Proxy({}, { get: () => assert.unreachable(), ownKeys: () => assert.unreachable() as never }),
  () => new Proxy(new Error('x'), { get: () => assert.unreachable() }),
  () => Object.assign(new Error('x'), { name: Symbol('n'), message: 1n, stack: { a: 1n } }),
  () => Object.defineProperty(new Error('x'), 'stack', { get: () => assert.unreachable() }),
  () => ({ toJSON: () => ({ toJSON: () => 1n }) }),
  () => Object(1n),
  () =>
    new Map<unknown, unknown>([
      [{ a: 1n }, Symbol('v')],
      [undefined, Number.NaN],
    ]),
  () => Symbol.iterator,
  () => Object.defineProperty(() => 1, 'name', { value: 1n }),
  () => '\u2028\u0085\ud800\n\r\u001b[31m',
)
const ordinary = fc.anything({
  key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toJSON', 'level', 'stack', 'timestamp')),
  values: [fc.string({ unit: 'binary' }), fc.double(), fc.bigInt(), fc.constant(undefined), fc.date()],
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})
const anything: fc.Arbitrary<Make> = fc.oneof(
  ordinary.map((value) => () => value),
  hostile,
  hostile.map((make) => () => ({ list: [make()], cause: make() })),
  fc.tuple(hostile, hostile).map(
    ([cause, own]) =>
      () =>
        Object.assign(new Error('x', { cause: cause() }), { own: own() }),
  ),
)

log('property: any value gives one line of JSON, and no format throws', () => {
  fc.assert(
    fc.property(anything, anything, anything, (message, bound, fields) => {
      const call = () => {
        const logger = getLogger('any', bound() as Record<string, unknown>)
        logger.info(message() as string, fields() as Record<string, unknown>)
      }
      configureLogging({ logger: 'json' })
      const [line = '', ...more] = written(call)
      assert.equal(more, [])
      assert.match(
        line,
        /^\{"timestamp":"[^"]+","logger":"any","level":"info","message":"[^\n\r\u0085\u2028\u2029]*\}\n$/,
      )
      JSON.parse(line)
      for (const logger of ['console', 'plain'] as const) {
        configureLogging({ logger })
        const lines = written(call)
        assert.is(lines.length, 1)
        assert.not.match(lines[0] ?? '', /(?!\n|\t)[\p{Cc}\u2028]/u)
      }
    }),
    { numRuns: 500 },
  )
})

log('property: what stands under a secret name is in no format', () => {
  const separator = fc.constantFrom('', '-', '_', ' ')
  const name = fc.oneof(
    fc.constantFrom('password', 'Token', 'COOKIE', 'session', 'clientSecret', 'proxy-authorization'),
    fc
      .tuple(fc.constantFrom('api', 'private', 'ACCESS'), separator, fc.constant('Key'))
      .map((parts) => parts.join('')),
  )
  const wraps: ((value: object) => unknown)[] = [
    (value) => value,
    (value) => ({ nested: value }),
    (value) => [value],
    (value) => new Map([['inner', value]]),
    (value) => Object.assign(new Error('x'), { inner: value }),
    (value) => new Error('x', { cause: value }),
    (value) => ({ toJSON: () => value }),
  ]
  fc.assert(
    fc.property(
      name,
      fc.uuid(),
      fc.array(fc.constantFrom(...wraps), { maxLength: 4 }),
      (key, secret, layers) => {
        const value = layers.reduce<unknown>((inner, wrap) => wrap(inner as object), {
          [key]: [secret, { secret }],
        })
        for (const logger of ['json', 'console', 'plain'] as const) {
          configureLogging({ logger })
          const [line = ''] = written(() => getLogger('any', { bound: value }).info('x', { value }))
          // The console format may cut a value before that.
          assert.ok(logger === 'console' || line.includes('[redacted]'), line)
          assert.not.ok(line.includes(secret), line)
        }
      },
    ),
  )
})

log.run()
