import { configureLogging, run, Service } from 'tomodachi'
import { schedule } from 'tomodachi/schedule'

configureLogging({ logger: 'disabled' })

await run(new Service().on(schedule().every('yearly'), () => {}))
console.log('started')
