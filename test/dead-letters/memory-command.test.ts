// time limit: 120 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eachOf, tomodachi } from '../cli/command.ts'

const test = suite('tomodachi dlq without a broker')

test('memory holds nothing in a process that has just begun; what the module prints is not in the way', async () => {
  const { code, stdout, stderr } = await tomodachi('dlq ls --json dead-letters.ts')
  assert.equal([code, stderr], [0, ''])
  assert.equal(JSON.parse(stdout), [{ bus: 'memory', name: 'orders-dead', origins: ['orders'], count: 0 }])
})

test('nothing to do is done', async () => {
  const none = 'of orders-dead'
  for (const [words, said] of [
    ['show', ''],
    ['redrive', `0 messages ${none} redriven\n`],
    ['discard --yes', `0 messages ${none} discarded\n`],
    ['discard --dry-run', `0 messages ${none} would be discarded\n`],
  ] as const) {
    assert.equal(await tomodachi(`dlq ${words} dead-letters.ts memory/orders-dead`), {
      code: 0,
      stdout: said,
      stderr: '',
    })
  }
})

test('one sentence says what is wrong', async () => {
  for (const [words, sentence] of [
    ['ls nowhere.ts', 'cannot run nowhere.ts: there is no such file'],
    [
      'show dead-letters.ts order-dead',
      'there is no dead-letter queue "order-dead"; did you mean orders-dead?',
    ],
    ['show plain.mjs orders', 'there is no dead-letter queue "orders"; no bus of the services has one'],
  ] as const) {
    assert.equal(await tomodachi(`dlq ${words}`), { code: 1, stdout: '', stderr: `tomodachi: ${sentence}\n` })
  }
  const env = { BUS: 'amqp', BROKER_URL: 'amqp://127.0.0.1:1' }
  const { code, stdout, stderr } = await tomodachi('dlq ls dead-letters.ts', { env })
  assert.equal([code, stdout], [1, ''])
  assert.match(stderr, /^tomodachi: cannot connect to the broker at 127.0.0.1:1: .*ECONNREFUSED.*\n$/)
})

test('wrong usage: one sentence on stderr, nothing on stdout, exit code 2', async () => {
  const cases = [
    ['dlq', 'there is no command "dlq"; the commands are dlq ls, dlq show, dlq redrive, dlq discard'],
    ['dlq redirve s.ts q', 'there is no command "dlq redirve"; did you mean dlq redrive?'],
    [
      'dlq show service.ts',
      'dlq show needs a file and a queue; "tomodachi dlq ls service.ts" shows the queues',
    ],
    ['dlq ls --limit 5 service.ts', 'the command dlq ls has no option --limit'],
    ['dlq show --yes s.ts q', 'the command dlq show has no option --yes'],
    ['dlq redrive --payload s.ts q', 'the command dlq redrive has no option --payload'],
    ['run --json plain.mjs', 'the command run has no option --json'],
    ...['0', '-1', '1.5', 'all'].map(
      (value) =>
        [
          `dlq show --limit=${value} s.ts q`,
          `the option --limit must be a whole number of at least 1, not "${value}"`,
        ] as const,
    ),
    [
      'dlq discard s.ts q',
      'dlq discard deletes messages permanently and cannot ask for confirmation without a terminal; add --yes to confirm, or --dry-run to count the messages',
    ],
  ] as const
  await eachOf(
    cases.map(([words, sentence]) => ({ words, sentence })),
    (outcome, { words, sentence }) => {
      assert.equal(outcome, { code: 2, stdout: '', stderr: `tomodachi: ${sentence}\n` }, words)
    },
  )
})

test.run()
