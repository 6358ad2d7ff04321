import { runInNewContext } from 'node:vm'
import { type AnyErrorCode, type ErrorCode, hasCode, TomodachiError } from 'tomodachi'
import { errors as declare, declaredErrors, reasonOf, statusOf } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allErrors } from '../error-table.ts'

const errors = suite('errors')

/** Values under every name, and which of them the sentence asks for. */
function anyValues() {
  const asked = new Set<string>()
  const values = new Proxy(
    {},
    {
      get(_, key) {
        asked.add(String(key))
        return `<${String(key)}>`
      },
    },
  )
  return { asked, values }
}

const all = await allErrors()
const errorCodes = all.map(({ code }) => code as AnyErrorCode)

for (const code of errorCodes) {
  errors(`${code} has a sentence that shows its values`, () => {
    const { asked, values } = anyValues()
    const error = new TomodachiError(code, values as never)
    for (const key of asked) assert.match(error.message, `<${key}>`)
    assert.not.match(error.message, /undefined|\[object|NaN/)
    assert.ok(error.message.length > 15 && !error.message.endsWith('.'), error.message)
    assert.is(error.code, code)
    assert.is(error.name, 'TomodachiError')
    assert.is(error.values, values)
  })
}

errors('codes are unique, in capitals', () => {
  assert.is(new Set(errorCodes).size, errorCodes.length)
  for (const code of errorCodes) assert.match(code, /^[A-Z]+(_[A-Z]+)*$/)
})

errors('a value that is left out leaves no gap in the sentence', () => {
  const error = new TomodachiError('BODY_TOO_LARGE', { limit: 10, actual: undefined })
  assert.not.match(error.message, /undefined|,\s*$/)
})

errors('an option that is wrong is shown as what it was', () => {
  const shown = (actual: unknown) =>
    new TomodachiError('OPTION_INVALID', { option: 'port', expected: 'a number', actual }).message
  const expected: readonly (readonly [unknown, string])[] = [
    ['80', '"80"'],
    [-1, '-1'],
    [undefined, 'undefined'],
    [null, 'null'],
    [() => 1, 'a function'],
    [[1, 2], 'an array of 2'],
    [{}, 'an object with no keys'],
    [{ a: 1, b: 2 }, 'an object with the keys a, b'],
    [Object.create(null), 'an object with no keys'],
    [runInNewContext('({ a: 1 })'), 'an object with the keys a'],
    [new Date(), 'a Date'],
    [new Date(Number.NaN), 'a Date'],
    [new Map([['a', 1]]), 'a Map'],
    [new Set(), 'a Set'],
    [/a/, 'a RegExp'],
    [Promise.resolve(), 'a Promise'],
    [Buffer.from('a'), 'a Buffer'],
    [new Uint8Array(), 'a Uint8Array'],
    [new ArrayBuffer(), 'an ArrayBuffer'],
    [new URL('http://a'), 'a URL'],
    [new TypeError('a'), 'a TypeError'],
    [new (class Order {})(), 'an Order'],
    [new (class {})(), 'an object with no keys'],
    [Object.create({ constructor: { name: 5 } }), 'an object with no keys'],
    [new Proxy({}, { getPrototypeOf: () => JSON.parse('') }), 'a value that cannot be shown'],
  ]
  for (const [actual, text] of expected) {
    assert.is(shown(actual), `the option port must be a number, not ${text}`)
  }
})

errors('a cause is kept', () => {
  const cause = new Error('EADDRINUSE')
  const code: ErrorCode = 'ADDRESS_IN_USE'
  assert.is(new TomodachiError(code, { address: '127.0.0.1:80' }, { cause }).cause, cause)
})

errors('reasonOf: the message of an error, or the text of anything else', () => {
  assert.is(reasonOf(new Error('boom')), 'boom')
  assert.is(reasonOf('text'), 'text')
  assert.is(reasonOf(undefined), 'undefined')
})

errors('hasCode: tells one code from the others, and types its values', () => {
  const error: unknown = new TomodachiError('RESPONSE_NOT_OK', { call: 'GET http://a/', status: 404 })
  assert.is(hasCode(error, 'RESPONSE_NOT_OK') && error.values.status, 404)
  assert.is(hasCode(error, 'CALL_FAILED'), false)
  for (const other of [Object.assign(new Error(), { code: 'CALL_FAILED' }), undefined, 'CALL_FAILED'])
    assert.is(hasCode(other, 'CALL_FAILED'), false)
})

/** What the first argument throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return assert.unreachable('it threw nothing')
}

errors('each owner has declared its own', () => {
  const owners = new Set(all.map(({ owner }) => owner))
  assert.equal([...owners].sort(), [
    'amqp',
    'cli',
    'http',
    'kernel',
    'messaging',
    'redis',
    'sns-sqs',
    'websocket',
  ])
  const ownerOf = (code: string) => all.find((error) => error.code === code)?.owner
  assert.is(ownerOf('REQUEST_TIMEOUT'), 'amqp')
  assert.is(ownerOf('PUBLISH_TIMEOUT'), 'messaging')
  assert.is(ownerOf('COMMAND_UNKNOWN'), 'cli')
})

errors('errors(): another package declares its own, with the same class', () => {
  const { LLAMA_GONE, LLAMA_LATE } = declare('llama', {
    LLAMA_GONE: (v: { name: string }) => `${v.name} is gone`,
    LLAMA_LATE: { status: 504, sentence: (v: { minutes: number }) => `${v.minutes} minutes late` },
  })
  assert.equal([LLAMA_GONE, LLAMA_LATE], ['LLAMA_GONE', 'LLAMA_LATE'])
  const cause = new Error('open gate')
  const gone: unknown = new TomodachiError(LLAMA_GONE, { name: 'Dolly' }, { cause })
  assert.ok(gone instanceof TomodachiError)
  assert.equal([gone.code, gone.message, gone.cause], ['LLAMA_GONE', 'Dolly is gone', cause])
  assert.is(hasCode(gone, LLAMA_GONE) && gone.values.name, 'Dolly')
  assert.is(hasCode(gone, LLAMA_LATE), false)
  assert.is(statusOf(gone), 500)
  assert.is(statusOf(new TomodachiError(LLAMA_LATE, { minutes: 5 })), 504)
  assert.equal(
    declaredErrors().flatMap(({ code, owner, status }) => (owner === 'llama' ? [[code, status]] : [])),
    [
      ['LLAMA_GONE', 500],
      ['LLAMA_LATE', 504],
    ],
  )
})

errors('errors(): a code of another owner is refused, and declares nothing of the rest', () => {
  const sentence = () => 'whatever it may be'
  for (const code of ['OPTION_INVALID', 'PUBLISH_TIMEOUT', 'REQUEST_TIMEOUT', 'COMMAND_UNKNOWN']) {
    const error = thrownBy(() => declare('alpaca', { ALPACA_GONE: sentence, [code]: sentence }))
    assert.ok(hasCode(error, 'ERROR_CODE_TAKEN'), code)
    assert.equal([error.values.code, error.values.owner], [code, 'alpaca'])
    assert.match((error as Error).message, code)
  }
  assert.not(declaredErrors().some(({ owner }) => owner === 'alpaca'))
})

errors('errors(): a second copy of a package declares the same again', () => {
  declare('vicuna', { VICUNA_GONE: () => 'gone, says the first copy' })
  const { VICUNA_GONE } = declare('vicuna', { VICUNA_GONE: () => 'gone, says the second copy' })
  assert.is(new TomodachiError(VICUNA_GONE, {}).message, 'gone, says the second copy')
})

errors('errors(): what cannot be a code, a status or a sentence is refused', () => {
  const sentence = () => 'whatever it may be'
  const wrong: readonly object[] = [
    { gone: sentence },
    { __proto__: null, 'GUANACO GONE': sentence },
    { GUANACO_: sentence },
    { GUANACO_GONE: 'a text' },
    { GUANACO_GONE: undefined },
    { GUANACO_GONE: { status: 404 } },
    ...[200, 399, 600, 404.5, Number.NaN, '404', null].map((status) => ({
      GUANACO_GONE: { status, sentence },
    })),
  ]
  for (const definitions of wrong)
    assert.ok(
      hasCode(
        thrownBy(() => declare('guanaco', definitions as never)),
        'OPTION_INVALID',
      ),
    )
  for (const owner of ['', undefined, 1])
    for (const definitions of [{ GUANACO_GONE: sentence }, {}])
      assert.ok(
        hasCode(
          thrownBy(() => declare(owner as string, definitions)),
          'OPTION_INVALID',
        ),
      )
  for (const definitions of [undefined, null, 'GUANACO_GONE'])
    assert.ok(
      hasCode(
        thrownBy(() => declare('guanaco', definitions as never)),
        'OPTION_INVALID',
      ),
    )
  assert.not(declaredErrors().some(({ code }) => code.startsWith('GUANACO')))
})

errors('a code that nobody has declared is its own message', () => {
  const error = new TomodachiError('CAMEL_GONE' as AnyErrorCode, {} as never)
  assert.equal([error.message, statusOf(error)], ['CAMEL_GONE', 500])
})

errors('statusOf: undefined of what is not an error of the library', () => {
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  for (const other of [new Error('OPTION_INVALID'), { code: 'REQUEST_TIMEOUT' }, undefined, revoked.proxy])
    assert.is(statusOf(other), undefined)
})

errors.run()
