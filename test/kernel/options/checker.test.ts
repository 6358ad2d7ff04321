import { inspect } from 'node:util'
import fc from 'fast-check'
import {
  choice,
  clientTlsOption,
  flag,
  lineOfText,
  optionalOptions,
  options,
  required,
  resolveOptions,
  secret,
  wholeNumber,
} from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const checker = suite('the checker of options')

const shapes = {
  host: lineOfText('127.0.0.1'),
  port: wholeNumber(80, 1, 65_535),
  login: lineOfText(undefined),
  limit: wholeNumber(undefined, 1, undefined, { endless: true }),
  isOpen: flag(false),
  order: choice('first', ['first', 'last']),
  password: secret(lineOfText(undefined)),
  tls: clientTlsOption(),
  retry: options({ attempts: wholeNumber(5, 1), backoff: options({ first: wholeNumber(1, 0) }) }),
  batch: optionalOptions({ size: required(wholeNumber(undefined, 1)) }),
}

/** The sentence that options are refused with. */
function sentence(given: unknown): string {
  try {
    resolveOptions('bus', given as object, shapes)
  } catch (error) {
    return (error as Error).message
  }
  return 'they are taken'
}

checker('what is left out has its standard, and undefined counts as left out', () => {
  const expected = {
    host: '127.0.0.1',
    port: 80,
    login: undefined,
    limit: undefined,
    isOpen: false,
    order: 'first',
    password: undefined,
    tls: undefined,
    retry: { attempts: 5, backoff: { first: 1 } },
    batch: undefined,
  }
  assert.equal(resolveOptions('bus', {}, shapes), expected)
  const left = Object.fromEntries([...Object.keys(shapes), 'unknown'].map((option) => [option, undefined]))
  assert.equal(resolveOptions('bus', left, shapes), expected)
  assert.equal(resolveOptions('bus', { retry: { backoff: undefined } }, shapes).retry, expected.retry)
})

for (const [given, nearest] of [
  ['hots', 'host'],
  ['hostt', 'host'],
  ['HOST', 'host'],
  ['hostname', 'host'],
  ['prot', 'port'],
  ['ssl', 'tls'],
  ['user', 'login'],
  ['is_open', 'isOpen'],
  ['pa', 'password'],
  ['is_o', 'isOpen'],
] as const) {
  checker(`the name nearest to ${given} is ${nearest}`, () => {
    assert.is(sentence({ [given]: 1 }), `bus() has no option "${given}"; did you mean "${nearest}"?`)
  })
}

checker('the beginning of two names suggests neither', () => {
  const known = { retry: flag(true), retention: flag(true) }
  assert.throws(() => resolveOptions('bus', { re: 1 }, known), /it has retry, retention/)
})

for (const [given, expected] of [
  [{ zzzzzz: 1 }, `bus() has no option "zzzzzz"; it has ${Object.keys(shapes).join(', ')}`],
  [{ toString: 1 }, `bus() has no option "toString"; it has ${Object.keys(shapes).join(', ')}`],
  [{ p: 1 }, `bus() has no option "p"; it has ${Object.keys(shapes).join(', ')}`],
  [{ retry: { at: 2 } }, 'bus() has no option "retry.at"; did you mean "retry.attempts"?'],
  [{ retry: { attemps: 2 } }, 'bus() has no option "retry.attemps"; did you mean "retry.attempts"?'],
  [
    { retry: { backoff: { first: -1 } } },
    'the option bus.retry.backoff.first must be an integer from 0 to 2147483647, not -1',
  ],
  [{ retry: 3 }, 'the option bus.retry must be an object of options, not 3'],
  [{ retry: [] }, 'the option bus.retry must be an object of options, not an array of 0'],
  [{ batch: {} }, 'the option bus.batch.size is required: an integer from 1 to 2147483647'],
  [{ port: null }, 'the option bus.port must be an integer from 1 to 65535, not null'],
  [
    { port: Number.POSITIVE_INFINITY },
    'the option bus.port must be an integer from 1 to 65535, not Infinity',
  ],
  [
    { limit: Number.NEGATIVE_INFINITY },
    'the option bus.limit must be an integer from 1 to 2147483647, or Infinity, not -Infinity',
  ],
  [{ limit: Number.POSITIVE_INFINITY }, 'they are taken'],
  [{ host: 'a\nb' }, 'the option bus.host must be text on one line, not empty, not "a\\nb"'],
  [{ order: 'middle' }, 'the option bus.order must be "first" or "last", not "middle"'],
  [null, 'the options of bus() must be an object, not null'],
  [Promise.resolve({}), 'the options of bus() must be an object, not a Promise'],
  [new Map([['port', 1]]), 'the options of bus() must be an object, not a Map'],
  ['tcp://host', 'the options of bus() must be an object, not "tcp://host"'],
] as const) {
  checker(`refused, or taken: ${inspect(given)}`, () => {
    assert.is(sentence(given), expected)
  })
}

checker('a secret is never shown, whatever stands in its place', () => {
  const key = 's3cret'
  for (const given of [
    { password: [key] },
    { password: { [key]: key } },
    { password: `${key}\n` },
    { tls: key },
    { tls: [key] },
    { tls: { key: [key], cert: key } },
    { tls: { passphrase: [key] } },
    { tls: { ca: { key } } },
  ]) {
    try {
      resolveOptions('bus', given, shapes)
      assert.unreachable(inspect(given))
    } catch (error) {
      assert.not.match(inspect(error, { depth: 10, showHidden: true }).replace(/at .*/g, ''), key)
      assert.not.match(JSON.stringify(error), key)
    }
  }
})

checker('property: options are taken whole, or refused with a code; what was given stays as it is', () => {
  const value = fc.oneof(fc.anything(), fc.integer(), fc.string(), fc.boolean())
  const given = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(shapes)), fc.string()), value)
  fc.assert(
    fc.property(given, (options) => {
      const before = inspect(options, { depth: 10 })
      try {
        assert.equal(Object.keys(resolveOptions('bus', options, shapes)), Object.keys(shapes))
      } catch (error) {
        assert.match((error as { readonly code: string }).code, /^(OPTION_INVALID|TLS_INVALID)$/)
      }
      assert.is(inspect(options, { depth: 10 }), before)
    }),
  )
})

checker.run()
