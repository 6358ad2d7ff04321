import { BatchFailure, DeadLetter, Drop, Retry, TomodachiError } from 'tomodachi'
import { HttpError } from 'tomodachi/http'

/** Makes a value anew, as what is done with one may change it. */
type Named = readonly [name: string, make: () => unknown]

const fail = (): never => {
  throw new Error('the trap')
}

/** An error with a property that cannot be read. */
function unreadable(error: Error, key: string): Error {
  return Object.defineProperty(error, key, { get: fail })
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function trapped(target: object): unknown {
  const traps = [
    'get',
    'has',
    'ownKeys',
    'getPrototypeOf',
    'getOwnPropertyDescriptor',
    'isExtensible',
  ] as const
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, fail])))
}

/** What may be thrown, and cannot simply be read or become text. */
export const thrownValues: readonly Named[] = [
  ['a parsed body whose toString is a number', () => JSON.parse('{"toString":1}')],
  ['an object without a prototype', () => Object.create(null)],
  ['an object whose toString throws', () => ({ toString: fail })],
  ['an object whose toString returns an object', () => ({ toString: () => ({}), valueOf: () => ({}) })],
  ['an object whose Symbol.toPrimitive throws', () => ({ [Symbol.toPrimitive]: fail })],
  ['an object whose then cannot be read', () => Object.defineProperty({}, 'then', { get: fail })],
  ['a revoked proxy', revoked],
  ['a proxy that refuses everything', () => trapped({})],
  ['a proxy of an error that refuses everything', () => trapped(new Error('x'))],
  ['a symbol', () => Symbol('x')],
  ['a bigint', () => 1n],
  ['undefined', () => undefined],
  ['null', () => null],
  ['a function', () => Object.assign(() => {}, { toString: fail })],
  ...['name', 'message', 'stack', 'cause', 'code'].map(
    (key): Named => [`an error whose ${key} cannot be read`, () => unreadable(new Error('x'), key)],
  ),
  ['an error whose message is a symbol', () => Object.assign(new Error('x'), { message: Symbol('x') })],
  ['an error whose message is an object', () => Object.assign(new Error('x'), { message: { toString: 1 } })],
  ['an error whose name is an object', () => Object.assign(new Error('x'), { name: { toString: 1 } })],
  ['an error whose stack is a number', () => Object.assign(new Error('x'), { stack: 1n })],
  ['an error with a message of 2 MB', () => new Error('x'.repeat(2_000_000))],
  [
    'an error of ours whose code cannot be read',
    () => unreadable(new TomodachiError('NO_SERVICES', {}), 'code'),
  ],
  [
    'an error of ours with an unknown code',
    () => Object.assign(new TomodachiError('NO_SERVICES', {}), { code: {} }),
  ],
  ...['status', 'body', 'headers', 'cause'].map(
    (key): Named => [`an HttpError whose ${key} cannot be read`, () => unreadable(new HttpError(418), key)],
  ),
  [
    'an HttpError whose status is no number',
    () => Object.assign(new HttpError(418), { status: { toString: 1 } }),
  ],
  [
    'an HttpError whose header is no text',
    () => new HttpError(418, 'x', { headers: { a: { toString: 1 } as never } }),
  ],
  ['an HttpError whose body is unreadable', () => new HttpError(418, trapped({}) as object)],
]

/** What chooses how a message is settled, and cannot simply be read. */
export const choices: readonly Named[] = [
  ['a Retry whose after cannot be read', () => unreadable(new Retry(), 'after')],
  ['a Retry whose after is a symbol', () => new Retry({ after: Symbol('x') as never })],
  ['a Retry whose after is a bigint', () => new Retry({ after: 1n as never })],
  ['a Retry whose after is a text', () => new Retry({ after: '0' as never })],
  ['a DeadLetter whose message cannot be read', () => unreadable(new DeadLetter('x'), 'message')],
  ['a DeadLetter whose stack cannot be read', () => unreadable(new DeadLetter('x'), 'stack')],
  ['a Drop whose message cannot be read', () => unreadable(new Drop('x'), 'message')],
  ['a BatchFailure whose failures cannot be read', () => unreadable(new BatchFailure([]), 'failures')],
]

class Hostile extends Promise<unknown> {
  // biome-ignore lint/suspicious/noThenProperty: what is tried
  override then(): never {
    return fail()
  }
}

/** A thenable. */
const thenable = (then: unknown, onto: object = {}): object =>
  Object.assign(onto, Object.fromEntries([['then', then]]))

/** Thenables that break the rules, and never fulfil. */
export const brokenThenables: readonly Named[] = [
  ['a thenable whose then throws', () => thenable(fail)],
  ['a thenable whose then cannot be read', () => Object.defineProperty({}, 'then', { get: fail })],
  [
    'a thenable that rejects with what cannot be shown',
    () => thenable((_: unknown, no: (e: unknown) => void) => no(revoked())),
  ],
  ['a thenable that rejects twice', () => thenable((_: unknown, no: (e: unknown) => void) => [no(1), no(2)])],
  ['a function that is a thenable whose then throws', () => thenable(fail, () => {})],
  ['what only looks like a promise', () => Object.create(Promise.prototype)],
  ['a promise of a class whose then throws', () => new Hostile(() => {})],
  [
    'a promise whose constructor cannot be read',
    () => Object.defineProperty(Promise.resolve(1), 'constructor', { get: fail }),
  ],
  ['a promise of what cannot be shown', () => Promise.reject(Object.create(null))],
]
