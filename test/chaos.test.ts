// node: 24 only
// coverage: none
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { faultsOf } from './chaos/faults.ts'
import { Ledger } from './chaos/ledger.ts'
import { outcomeOf } from './chaos/outcome.ts'

const chaos = suite('chaos')

chaos('lost is what was confirmed and never handled, duplicates are what was handled before', () => {
  const confirmed = [Uint32Array.of(0, 1, 2), Uint32Array.of(5, 6)]
  // 7 was handled although its confirm has not come: that is no loss.
  const handled = [Uint32Array.of(0, 2, 0, 7), Uint32Array.of(6, 2)]
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

chaos('a ledger is read while it is written to, and goes on where another one has ended', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
  const [reader, first, second] = Array.from({ length: 3 }, () => new Ledger(join(folder, 'numbers')))
  assert.is(reader?.count, 0)
  assert.equal([...(reader?.read() ?? [])], [])
  first?.note(99_999)
  assert.is(reader?.count, 1)
  second?.note(7)
  assert.equal([...(reader?.read() ?? [])], [99_999, 7])
  for (const ledger of [first, second]) ledger?.close()
  rmSync(folder, { recursive: true })
})

chaos('what it does not understand ends with code 2 and a list of what it does', () => {
  const main = fileURLToPath(new URL('chaos/main.ts', import.meta.url))
  for (const parameters of [[], ['nothing'], ['toString'], ['amqp', 'amqp'], ['amqp', '--long']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...parameters], {
      encoding: 'utf8',
    })
    assert.is(status, 2)
    assert.is(stdout, '')
    assert.match(stderr, 'where NAME is one of amqp, amqp-cuts, redis, sns-sqs')
  }
})

chaos.run()
