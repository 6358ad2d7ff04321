import { DeadLetter, type DeliveryRules, Drop, Retry, type RetryOptions, TomodachiError } from 'tomodachi'
import { checked, deliveryRules } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { failureOf, quiet, thrownBy } from '../started.ts'

const rules = suite('delivery rules')
rules.before(quiet)

const boom = new Error('boom')
const someDuration = 'a duration up to 3650d, such as 500 (milliseconds), "20s" or "5m"'

/** The waits after the failures 1, 2, … under these options. */
function waits(backoff: RetryOptions['backoff'], count: number): number[] {
  const rule = deliveryRules({ retry: { attempts: count + 1, ...(backoff ? { backoff } : {}) } })
  return Array.from({ length: count }, (_, index) => {
    const settlement = rule(boom, index + 1)
    assert.is(settlement.state, 'released')
    return settlement.state === 'released' ? settlement.after : Number.NaN
  })
}

rules('by default four retries, then the dead letter, with reason and error', () => {
  const rule = deliveryRules()
  for (let attempt = 1; attempt <= 4; attempt++) {
    const settlement = rule(boom, attempt)
    assert.equal([settlement.state, 'failed' in settlement && settlement.failed], ['released', true])
  }
  assert.equal(rule(boom, 5), { state: 'deadLettered', reason: 'boom', error: boom })
  assert.is(rule(boom, 6).state, 'deadLettered')
})

rules('the backoff doubles from a second, with jitter on the upper half, up to five minutes', () => {
  for (let run = 0; run < 20; run++) {
    for (const [index, wait] of waits(undefined, 12).entries()) {
      const full = Math.min(300_000, 1_000 * 2 ** index)
      assert.ok(wait >= full / 2 && wait <= full, `${wait} after failure ${index + 1}`)
    }
  }
  assert.ok(new Set(Array.from({ length: 20 }, () => waits(undefined, 1)[0])).size > 1, 'random')
})

rules('first, factor, cap and jitter are options, and so is the whole backoff', () => {
  assert.equal(waits({ first: 10, factor: 3, cap: 100, jitter: 0 }, 4), [10, 30, 90, 100])
  assert.equal(waits({ first: 0 }, 1_100).at(-1), 0, 'a growth beyond every number is no reason for NaN')
  assert.equal(
    waits((attempt) => attempt * 7, 3),
    [7, 14, 21],
  )
})

rules('a backoff of the user that throws, or gives no number, still gives a wait', () => {
  for (const backoff of [
    () => Number.NaN,
    () => -1,
    () => undefined as never,
    () => {
      throw new Error('backoff failed')
    },
  ]) {
    const [wait = Number.NaN] = waits(backoff, 1)
    assert.ok(wait >= 0, String(wait))
  }
})

rules('Retry asks for another try, however many there have been, after its own time', () => {
  const rule = deliveryRules({ retry: { attempts: 2, backoff: { first: 10, jitter: 0 } } })
  const error = new Retry({ after: 77, reason: 'stock is locked' })
  assert.equal(rule(error, 9), {
    state: 'released',
    failed: true,
    after: 77,
    reason: 'stock is locked',
    error,
  })
  const plain = rule(new Retry(), 1)
  assert.is(plain.state === 'released' && plain.after, 10)
})

rules('Drop and DeadLetter choose at the first failure', () => {
  const rule = deliveryRules()
  const drop = new Drop('duplicate')
  assert.equal(rule(drop, 1), { state: 'dropped', reason: 'duplicate', error: drop })
  const dead = new DeadLetter('unknown customer')
  assert.equal(rule(dead, 1), { state: 'deadLettered', reason: 'unknown customer', error: dead })
})

rules("onError: 'drop' drops, but obeys an explicit choice", () => {
  const rule = deliveryRules({ onError: 'drop' })
  assert.is(rule(boom, 1).state, 'dropped')
  assert.is(rule(new Retry(), 1).state, 'released')
  assert.is(rule(new DeadLetter('why'), 1).state, 'deadLettered')
})

rules('a payload that cannot be read is dead-lettered at once, whatever the rules', async () => {
  const schema = z.object({ id: z.number(), lines: z.array(z.object({ price: z.number() })) })
  const subject = 'the message of order.created'
  const invalid = await failureOf(
    (async () => checked(schema, { id: 'x', lines: [{ price: 1 }, {}] }, subject))(),
  )
  assert.match(
    invalid.message,
    /^the message of order\.created does not fit its schema: id: .+; lines\.1\.price: /,
  )
  const unparsable = new TomodachiError('PAYLOAD_UNPARSABLE', { subject, reason: 'no JSON' })
  for (const options of [{}, { onError: 'drop' }, { retry: { attempts: 99 } }] as DeliveryRules[]) {
    for (const error of [invalid, unparsable]) {
      assert.is(deliveryRules(options)(error, 1).state, 'deadLettered')
    }
  }
})

rules('the same errors are retried when a handler ends in them: they are not about its own payload', () => {
  const subject = 'the message of order.billed'
  for (const error of [
    new TomodachiError('PAYLOAD_INVALID', { subject, issues: 'id: is missing' }),
    new TomodachiError('PAYLOAD_UNPARSABLE', { subject, reason: 'no JSON' }),
  ]) {
    const settlement = deliveryRules()(error, 1, true)
    assert.equal([settlement.state, 'failed' in settlement && settlement.failed], ['released', true])
    assert.is(deliveryRules({ onError: 'drop' })(error, 1, true).state, 'dropped')
    assert.is(deliveryRules({ retry: { attempts: 1 } })(error, 1, true).state, 'deadLettered')
  }
})

rules('what was thrown need not be an error', () => {
  const settlement = deliveryRules({ retry: { attempts: 1 } })('plain text', 1)
  assert.equal(settlement, { state: 'deadLettered', reason: 'plain text', error: 'plain text' })
})

for (const [retry, sentence] of [
  [{ attempts: 0 }, 'attempts must be an integer from 1 to 2147483647, or Infinity, not 0'],
  [{ attempts: Number.NaN }, 'attempts must be an integer from 1 to 2147483647, or Infinity, not NaN'],
  [{ backoff: { first: -1 } }, `backoff.first must be ${someDuration}, not -1`],
  [{ backoff: { cap: Number.NaN } }, `backoff.cap must be ${someDuration}, not NaN`],
  [{ backoff: { factor: 0.5 } }, 'backoff.factor must be a number of at least 1, not 0.5'],
  [{ backoff: { jitter: -0.1 } }, 'backoff.jitter must be a number from 0 to 1, not -0.1'],
] as const) {
  rules(`an option out of range is an error that names it: ${sentence}`, async () => {
    const failure = await thrownBy(() => deliveryRules({ retry }))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.is(failure.message, `the option deliveryRules.retry.${sentence}`)
  })
}

rules('a backoff takes durations, and so does what a function of one returns', () => {
  assert.equal(waits({ first: '1s', cap: '3s', jitter: 0 }, 3), [1_000, 2_000, 3_000])
  assert.equal(
    waits((attempt) => `${attempt}s`, 2),
    [1_000, 2_000],
  )
})

rules('Retry takes a duration, and refuses what is none where it is made', async () => {
  assert.is(new Retry({ after: '1m' }).after, 60_000)
  assert.is(new Retry({ after: undefined }).after, undefined)
  for (const [options, sentence] of [
    [{ after: 'soon' }, `the option Retry.after must be ${someDuration}, not "soon"`],
    [{ afer: 5 }, 'new Retry() has no option "afer"; did you mean "after"?'],
    ['the stock is locked', 'the options of new Retry() must be an object, not "the stock is locked"'],
  ] as const)
    assert.is((await thrownBy(() => new Retry(options as never))).message, sentence)
})

rules.run()
