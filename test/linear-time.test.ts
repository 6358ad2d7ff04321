// time limit: 300 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesUnder } from './architecture/sources.ts'
import { secretTexts } from './kernel/log/secret-forms.ts'
import { costOf, growthFault, repeated } from './linear-time/growth.ts'
import { constructionsIn, literalsIn, madeWhile, type Pattern, piecesFor } from './linear-time/patterns.ts'

const linear = suite('linear time')

const sources = ['kernel', 'adapters', 'envelopes', 'statecharts']
  .flatMap((folder) => filesUnder(folder))
  .filter(({ path }) => path.endsWith('.ts'))
const entries = ['http', 'websocket', 'memory', 'schedule', 'amqp', 'sns-sqs', 'envelopes', 'statecharts']
// Loaded here for the first time.
const made = await madeWhile(() => Promise.all(entries.map((entry) => import(`tomodachi/${entry}`))))
const { configureLogging, getLogger } = await import('tomodachi')

/** Searches the text as the pattern is used: all of it with g, else for one match. */
function search({ regex }: Pattern, text: string): unknown {
  regex.lastIndex = 0
  return regex.global ? text.replace(regex, '') : regex.exec(text)
}

/** The texts that are tried: a piece again and again, and a piece whose end does not end. */
function textsOf(piece: string): ((length: number) => string)[] {
  const end = piece.slice(-1)
  return [
    (length) => `${repeated(piece, length)}\0`,
    (length) => `${piece}${end.repeat(length)}\0`,
    (length) => `${piece}${end.repeat(length)}\0\n`,
  ]
}

/**
 * What of the pattern takes more time than the text has grown, from 1 k to 1 M: judged by the texts that are slowest
 * at `ranked` characters.
 */
function faultsOf(pattern: Pattern, ranked = 2_000): string[] {
  const tried = piecesFor(pattern)
    .flatMap(textsOf)
    .map((textOf) => {
      const text = textOf(ranked)
      return { textOf, cost: costOf(() => search(pattern, text)) }
    })
  const slowest = tried.sort((one, other) => other.cost - one.cost).slice(0, 3)
  for (const length of [4_000, 16_000, 128_000, 1_024_000]) {
    for (const { textOf } of slowest) {
      const fault = growthFault((size) => search(pattern, textOf(size)), length)
      if (fault !== undefined) return [`${pattern.place}: ${fault} of ${JSON.stringify(textOf(20))}`]
    }
  }
  return []
}

linear('every pattern of the sources, from 1 k to 1 M characters', () => {
  const patterns = sources.flatMap(({ path, text }) => literalsIn(path, text))
  assert.ok(patterns.length > 100)
  assert.equal(patterns.flatMap(faultsOf), [])
})

linear('every pattern that the sources put together', () => {
  assert.ok(made.length > 0)
  assert.equal(made.flatMap(faultsOf), [])
})

linear('no pattern is put together from what comes from outside', () => {
  const places = sources.filter(({ path, text }) => constructionsIn(path, text) > 0).map(({ path }) => path)
  assert.equal(places.sort(), [
    'adapters/http/request/multipart.ts',
    // The path of a route, which is a pattern of the user's own.
    'adapters/http/routing/router.ts',
    // Paths that are not traced, which the operator names.
    'adapters/opentelemetry/conventions/excluded-urls.ts',
    'adapters/opentelemetry/options.ts',
    'adapters/opentelemetry/sdk/import-hook.ts',
    'kernel/log/capture/debug.ts',
    'kernel/log/secrets/redact-named.ts',
    'kernel/log/secrets/secret-names.ts',
    'kernel/log/secrets/secret-value.ts',
  ])
})

linear('squares and worse are noticed', () => {
  for (const regex of [/a+b/, /\s+$/, /(cookie: ?)[^\r\n'"=;]+=/, /<x [^>]*y[^>]*>/, /^\s*import/m]) {
    // What grows with the third power is felt early.
    assert.is(faultsOf({ place: 'sample', regex }, 500).length, 1, `${regex}`)
  }
})

linear('a text that is logged is searched for secrets in linear time, and only the part that is kept', () => {
  configureLogging({ level: 'info', logger: { info() {}, warn() {}, error() {} } })
  const pieces = new Set(secretTexts.flatMap((text) => [text, text.slice(0, 12)]))
  for (const more of [
    'cookie: ',
    'password',
    'token=',
    'pass_',
    '://',
    '%25',
    '%7B',
    '\\"',
    '[',
    'eyJ',
    'token: [',
  ]) {
    pieces.add(more)
  }
  const log = getLogger('growth')
  for (const piece of pieces) {
    const write = (length: number) => {
      const text = repeated(piece, length)
      log.info(text, { text, [text]: 1 })
    }
    assert.is(growthFault(write, 20_000), undefined, piece)
    assert.is(
      growthFault((length) => write(length * 16), 64_000),
      undefined,
      piece,
    )
  }
  configureLogging({ logger: 'console' })
})

linear.run()
