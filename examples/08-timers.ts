// Timers: an interval, a cron expression in a time zone, a time of the day, and a handler slower than its interval.
// Run it: npx tomodachi run examples/08-timers.ts
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { schedule } from 'tomodachi/schedule'

const timer = schedule({ timezone: 'Europe/Stockholm' })

export default new Service({ name: 'timers' })
  .on(timer.every('1s', { immediately: true }), function tick({ firedAt, log }) {
    log.info('tick', { at: firedAt.toISOString() })
  })
  .on(timer.every('500ms'), async function slow({ log }) {
    // Its next tick comes meanwhile: it is left out and counted, since two at once would be one too many.
    await sleep(700)
    log.info('slow is done', { skipped: timer.skipped })
  })
  .on(timer.cron('0 8 * * mon-fri'), function openShop({ log }) {
    log.info('good morning, Stockholm')
  })
  .on(timer.at('23:59', { timezone: '+05:30' }), function closeBooks({ log }) {
    log.info('the day in Mumbai ends')
  })
