import { configureLogging, run, Service } from 'tomodachi'
import { schedule } from 'tomodachi/schedule'
import { report } from '../report.mjs'
import { now, observe, periods, ticked } from './lateness.mjs'

configureLogging({ level: 'error' })

const timer = schedule()
const service = new Service({ name: 'bench' })
for (const period of periods) {
  service.on(timer.every(`${period}ms`), ({ firedAt }) => ticked(now() - firedAt.getTime()))
}

await run(service)
report({}, { observe })
