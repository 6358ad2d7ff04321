import { CronExpressionParser } from 'cron-parser'
import fc from 'fast-check'
import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet, thrownBy } from '../kernel/started.ts'
import { rounds } from '../rounds.ts'
import { isoOf, passTo, scene } from './scene.ts'

const peer = suite('cron, beside cron-parser')
peer.before(quiet)

const start = Date.parse('2027-03-04T05:06:07Z')

/** Elements of a field, most of which make sense: none twice in a list, where cron-parser refuses what overlaps. */
function field(min: number, max: number, ...more: readonly string[]): fc.Arbitrary<string> {
  const value = fc.integer({ min, max: max + 1 })
  const range = fc.tuple(value, value).map(([from, to]) => `${from}-${to}`)
  const step = fc.tuple(fc.oneof(fc.constant('*'), value, range), fc.integer({ min: 0, max: max + 3 }))
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 2, arbitrary: value.map(String) },
    fc.constantFrom('?', '', '/5', '-', '1-', '-1', '1.5', 'x', '**', '1-2-3', '1/2/3', ...more),
    range,
    step.map(([from, by]) => `${from}/${by}`),
    fc.uniqueArray(value, { minLength: 2, maxLength: 4 }).map((values) => values.join(',')),
  )
}

const dates = ['L', 'L,15', '15W', 'LW', 'l5', 'L-3']
const months = ['jan', 'DEC', 'feb-apr', 'january', 'jan/3', 'dec-jan']
const weekdays = [
  'mon',
  'SUN',
  'mon-fri',
  '5L',
  '0L,3L',
  '1#2',
  '7#5',
  '1#6',
  '1#2,3',
  '7',
  '0-7',
  '1/2',
  'L',
]

const expression = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    field(1, 31, ...dates),
    field(1, 12, ...months),
    field(0, 6, ...weekdays),
  )
  .map((fields) => fields.join(' '))
  .filter((text) => text.split(/\s+/).filter(Boolean).length === 5)

/** Moments of the first ticks; undefined when cron-parser refuses the expression. */
function theirs(text: string): readonly number[] | undefined {
  try {
    const cron = CronExpressionParser.parse(text, { tz: 'UTC', currentDate: new Date(start) })
    return [cron.next().getTime(), cron.next().getTime()]
  } catch (error) {
    // What crontab(5) allows: the same value twice.
    fc.pre(!/duplicate/.test(String(error)))
    return undefined
  }
}

peer('takes and refuses the same expressions, and ticks at the same moments', async () => {
  await fc.assert(
    fc.asyncProperty(expression, async (text) => {
      const moments = theirs(text)
      if (moments === undefined) {
        assert.is((await thrownBy(() => schedule().cron(text))).code, 'OPTION_INVALID')
        return
      }
      const { clock, kernel, planned } = await scene((timer) => timer.cron(text), { now: isoOf(start) })
      for (const [index, moment] of moments.entries()) {
        await passTo(clock, moment - 1)
        assert.is(planned().length, index, text)
        await clock.advance(1)
        assert.is(planned().at(-1), isoOf(moment), text)
      }
      await kernel.stop()
    }),
    { numRuns: rounds(400, 60) },
  )
})

peer.run()
