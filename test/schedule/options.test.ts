import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { thrownBy } from '../kernel/started.ts'

const options = suite('options of schedules')
const timer = schedule()

for (const [name, make, words] of [
  [
    'an unknown option',
    () => schedule({ zone: 'UTC' } as never),
    /schedule\(\) has no option "zone"; did you mean "timezone"\?/,
  ],
  [
    'an unknown option of a source',
    () => timer.hourly({ tz: 'UTC' } as never),
    /schedule\.hourly\(\) has no option "tz"; did you mean "timezone"\?/,
  ],
  ['an empty name', () => schedule({ name: '' }), /schedule\.name/],
  ['a clock that is none', () => schedule({ clock: {} as never }), /schedule\.clock.*manualClock/],
  [
    'an overlap that is none',
    () => timer.every('1s', { overlap: 'maybe' as never }),
    /schedule\.every\.overlap must be "skip", "queue" or "allow"/,
  ],
  [
    'immediately as text',
    () => timer.every('1s', { immediately: 'yes' as never }),
    /immediately.*true or false/,
  ],
  ['an unknown zone', () => schedule({ timezone: 'Mars/Phobos' }), /timezone.*"Mars\/Phobos"/],
  ['the zone of a source', () => timer.daily({ timezone: 'nope' }), /timezone.*"nope"/],
  ['an offset beyond the earth', () => schedule({ timezone: '+14:30' }), /timezone/],
  ['an offset with odd minutes', () => schedule({ timezone: '+05:60' }), /timezone/],
  ['a bare number as zone', () => schedule({ timezone: '5' }), /timezone/],
  ['an empty zone', () => schedule({ timezone: '' }), /timezone.*""/],
  ['no time', () => timer.every('0s'), /at least 1 ms.*not "0s"/],
  ['a number', () => timer.every(5 as never), /an interval with its unit: write '5s', not 5$/],
  ['a number as text', () => timer.every('5'), /an interval with its unit: write '5s', not "5"$/],
  ['a negative number', () => timer.every(-5 as never), /a duration.*not -5/],
  ['NaN', () => timer.every(Number.NaN as never), /not NaN/],
  ['infinity', () => timer.every(Number.POSITIVE_INFINITY as never), /not Infinity/],
  ['no interval', () => timer.every(undefined as never), /every\(interval\) is required/],
  ['no seconds as text', () => timer.every('0s'), /"0s"/],
  ['an interval that is neither', () => timer.every({} as never), /every\(interval\)/],
  ['no time in another unit', () => timer.every('0ms'), /"0ms"/],
  ['negative minutes', () => timer.every('-5m'), /"-5m"/],
  ['an amount without a unit', () => timer.every('1m 30'), /"1m 30"/],
  ['a unit that is none', () => timer.every('5 fortnights'), /duration.*"5 fortnights"/],
  ['months, which are of no length', () => timer.every('5 months'), /"5 months"/],
  ['an interval without a meaning', () => timer.every('biweekly'), /named interval.*"biweekly"/],
  ['a name of all objects', () => timer.every('constructor'), /named interval/],
  ['a minute that there is not', () => timer.every('70 * * * *'), /got value 70/],
  ['a day that never comes', () => timer.cron('0 0 30 2 *'), /cron\(expression\).*day of month/],
  ['a value of a list that there is not', () => timer.cron('*,70 * * * *'), /got value 70/],
  ['an empty value of a list', () => timer.cron('1,,2 * * * *'), /list value/],
  ['an eighth day of the week', () => timer.cron('0 0 * * 1,8'), /got value 8/],
  ['an occurrence in a list', () => timer.cron('0 0 * * 1#2,3'), /incompatible/],
  ['a fifth Monday of a fifth week', () => timer.cron('0 0 * * 1#6'), /occurrence/],
  ['too few cron fields', () => timer.cron('* * * *'), /five fields, or of six/],
  ['too many cron fields', () => timer.cron('* * * * * * *'), /five fields, or of six/],
  ['cron that is no text', () => timer.cron(5 as never), /not 5/],
  ['an unknown preset', () => timer.cron('@never'), /cron\(expression\)/],
  ['an hour that there is not', () => timer.at('24:00'), /at\(timestamp\).*"24:00"/],
  ['a date that there is not', () => timer.at('2027-02-30 10:00'), /"2027-02-30 10:00"/],
  ['a date without a time', () => timer.at('2027-02-03'), /at\(timestamp\)/],
  ['an invalid Date', () => timer.at(new Date(Number.NaN)), /at\(timestamp\)/],
  ['a timestamp that is a number', () => timer.at(5 as never), /at\(timestamp\).*not 5/],
] as const) {
  options(`refused at once: ${name}`, async () => {
    const error = await thrownBy(make)
    assert.is(error.code, 'OPTION_INVALID')
    assert.match(error.message, words)
  })
}

options('accepted: what the reference calls by other names', () => {
  for (const interval of ['Every Day', ' 5  seconds ', 'MON', 'fridays', 'weekends', '1 hour', '@Weekly'])
    timer.every(interval)
  for (const timezone of [
    '+05:30',
    '-0800',
    '+14:00',
    'GMT +1',
    'UTC+3',
    'gmt-12',
    '00:00',
    'europe/stockholm',
  ])
    schedule({ timezone })
})

options.run()
