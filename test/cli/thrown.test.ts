// time limit: 400 s
// coverage: none
// Whatever the user's code throws: a sentence, and an exit code.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../rounds.ts'
import { eachOf } from './command.ts'

const test = suite('cli thrown values')

const all = ['revoked', 'stack', 'empty', 'message', 'json', 'name', 'errors', 'syntax', 'required']
/** How a value is told is the same everywhere; where it arrives is up to Node. */
const values = all.slice(0, rounds(all.length, 2))
const few = all.slice(0, rounds(4, 2))

const words = 'run throws-anything.mjs'

test('whatever a file throws while it is loaded is a sentence, and exit code 1', async () => {
  await eachOf(
    values.map((VALUE) => ({ words, env: { PLACE: 'load', VALUE } })),
    ({ code, stdout, stderr }, { env: { VALUE } }) => {
      assert.equal([code, stdout], [1, ''], `${VALUE}: ${stderr}`)
      assert.match(stderr, /^tomodachi: cannot load throws-anything\.mjs: ./, VALUE)
    },
  )
})

for (const [place, sentence] of [
  ['constructor', /^tomodachi: cannot create the service Made: /],
  ['onStart', /^tomodachi: the service could not start: /],
  ['onStarted', /^tomodachi: the service could not start: /],
  ['onStopping', / a hook or an adapter failed/],
  ['onStop', / a hook or an adapter failed/],
  ['timer', / uncaught error/],
  ['rejection', / unhandled rejection/],
] as const) {
  test(`whatever is thrown in ${place} is a sentence, and exit code 1`, async () => {
    await eachOf(
      // node itself cannot tell of others that were rejected with, and says so.
      (place === 'rejection' ? ['message', 'stack'] : few).map((VALUE) => ({
        words,
        env: { PLACE: place, VALUE },
      })),
      ({ code, stderr }, { env: { VALUE } }) => {
        assert.is(code, 1, `${VALUE}: ${stderr}`)
        assert.match(stderr, sentence, VALUE)
      },
    )
  })
}

test('an export that cannot be read is no service, and harms none', async () => {
  await eachOf(
    ['revoked', 'empty', 'message'].map((VALUE) => ({ words, env: { PLACE: 'export', VALUE } })),
    ({ code, stdout, stderr }, { env: { VALUE } }) => {
      assert.equal([code, /made/.test(stdout)], [0, true], `${VALUE}: ${stderr}`)
    },
  )
})

test('with the log off, what nobody caught is still told', async () => {
  await eachOf(
    few.map((VALUE) => ({
      words: `--logger disabled ${words}`,
      env: { PLACE: 'timer', VALUE },
    })),
    ({ code, stderr }, { env: { VALUE } }) => {
      assert.is(code, 1, `${VALUE}: ${stderr}`)
      assert.match(stderr, /^Uncaught ./, VALUE)
    },
  )
})

test.run()
