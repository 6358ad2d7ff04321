// node: 24 only
// coverage: none
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Census, type Noted } from './chaos/census.ts'
import { faultsOf, inParts } from './chaos/faults.ts'
import { Ledger } from './chaos/ledger.ts'
import { outcomeOf } from './chaos/outcome.ts'

const chaos = suite('chaos')

/** These numbers, two of which are read at a time. */
function noted(...numbers: readonly number[]): Noted {
  return { read: (from) => Uint32Array.from(numbers.slice(from, from + 2)) }
}

chaos('lost is what was confirmed and never handled, duplicates are what was handled before', () => {
  const confirmed = [noted(0, 1, 2), noted(5, 6)]
  // 7 was handled although its confirm has not come: that is no loss.
  const handled = [noted(0, 2, 0, 7), noted(6, 2)]
  assert.equal(outcomeOf(8, confirmed, handled, { cuts: 1 }), {
    published: 8,
    confirmed: 5,
    handled: 4,
    lost: 2,
    duplicates: 2,
    faults: { cuts: 1 },
  })
})

chaos('each kind of fault is spread over the run', () => {
  const order = faultsOf({ restarts: 2, cuts: 4, kills: 2 })
  assert.is(order.map(({ kind }) => kind[0]).join(''), 'rcckrcck')
  assert.equal(
    order.filter(({ kind }) => kind === 'cuts').map(({ turn }) => turn),
    [0, 1, 2, 3],
  )
})

chaos('faults that are ordered are of the same kinds in the same parts', () => {
  const usual = { restarts: 5, cuts: 20, kills: 5 }
  assert.equal(inParts(100, usual), { restarts: 17, cuts: 67, kills: 16 })
  assert.equal(inParts(30, usual), usual)
  assert.equal(inParts(1, usual), { restarts: 1, cuts: 0, kills: 0 })
  assert.equal(inParts(0, usual), { restarts: 0, cuts: 0, kills: 0 })
})

chaos('a ledger is read while it is written to, and goes on where another one has ended', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
  const [reader, first, second] = Array.from({ length: 3 }, () => new Ledger(join(folder, 'numbers')))
  const census = new Census([reader as Ledger], 100_000)
  assert.is(reader?.count, 0)
  assert.is(census.update().distinct, 0)
  first?.note(99_999)
  assert.is(reader?.count, 1)
  assert.is(census.update().distinct, 1)
  for (const number of [7, 99_999, 7]) second?.note(number)
  assert.equal([...(reader?.read(1) ?? [])], [7, 99_999, 7])
  const { distinct, repeated } = census.update()
  assert.equal(
    [distinct, repeated, census.has(7), census.has(99_999), census.has(8)],
    [2, 2, true, true, false],
  )
  for (const ledger of [first, second]) ledger?.close()
  rmSync(folder, { recursive: true })
})

chaos('what it does not understand ends with code 2 and a list of what it does', () => {
  const main = fileURLToPath(new URL('chaos/main.ts', import.meta.url))
  for (const parameters of [
    [],
    ['nothing'],
    ['toString'],
    ['amqp', 'amqp'],
    ['amqp', '--long'],
    ['amqp', '--messages', 'x'],
    ['redis', '--faults=-1'],
  ]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...parameters], {
      encoding: 'utf8',
    })
    assert.is(status, 2)
    assert.is(stdout, '')
    assert.match(stderr, 'where NAME is one of amqp, amqp-cuts, redis, sns-sqs')
  }
})

chaos.run()
