import { type ErrorCode, hasCode, TomodachiError } from 'tomodachi'
import { errorCodes, reasonOf } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

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

errors.run()
