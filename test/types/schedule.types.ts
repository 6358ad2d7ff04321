import { type Bus, manualClock, on, Service } from 'tomodachi'
import { type Schedule, type Skipped, schedule, skipped } from 'tomodachi/schedule'
import { typed } from './same.ts'

const timer = schedule({ timezone: 'Europe/Stockholm', clock: manualClock(), overlap: 'queue' })
typed<Schedule>()(timer)
const service = new Service()

// Every source gives the same.
service.on(timer.every('5s'), ({ firedAt, interval, signal }) => {
  typed<Date>()(firedAt)
  typed<string>()(interval)
  typed<AbortSignal>()(signal)
})
service.on(timer.every('5s', { immediately: true }), async ({ firedAt, log }) =>
  log.info('tick', { firedAt }),
)
service.on(timer.cron('*/5 * * * *', { timezone: '+05:30' }), ({ interval }) => void interval)
service.on(timer.at('08:00', { overlap: 'allow' }), () => {})
service.on(timer.at(new Date()), () => {})
for (const name of ['heartbeat', 'minutely', 'hourly', 'daily', 'monthly'] as const)
  service.on(timer[name](), ({ firedAt }) => void firedAt.getTime())
// @ts-expect-error a tick carries no data
service.on(timer.every('5s'), ({ data }) => void data)
// @ts-expect-error a tick has nobody to reply to
service.on(timer.every('5s'), () => 'done')

// Options are checked.
// @ts-expect-error there is no such overlap
timer.every('5s', { overlap: 'maybe' })
// @ts-expect-error there is no such option
timer.every('5s', { zone: 'UTC' })
// @ts-expect-error the clock is one of the adapter
timer.every('5s', { clock: manualClock() })
// @ts-expect-error a bare number has no unit
timer.every(5)
// @ts-expect-error a cron expression is text
timer.cron(5)

// What middleware adds is there.
const dated = timer.use(({ firedAt }, next) => next({ day: firedAt.getDate() }))
service.on(dated.daily(), ({ day }) => {
  typed<number>()(day)
})
// @ts-expect-error only this view of the timers has it
service.on(timer.daily(), ({ day }) => void day)

// The class face.
class Cleaner extends Service {
  @on(timer.at('03:00'))
  async clean({ firedAt }: { firedAt: Date }): Promise<void> {
    void firedAt
  }
  // @ts-expect-error a tick has no body
  @on(timer.hourly())
  wrong({ body }: { body: string }): void {
    void body
  }
}
void Cleaner

// Skipped ticks can be watched.
declare const bus: Bus
bus.on(skipped, (event) => {
  typed<Skipped>()(event)
})
