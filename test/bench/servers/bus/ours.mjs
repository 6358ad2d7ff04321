import { configureLogging, run, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { report } from '../report.mjs'
import { data, format, handler, middlewares, rate } from './messages.mjs'

configureLogging({ level: 'error' })

const bus = memory({ envelope: format })
const service = new Service({ name: 'bench' }).on(bus.topic('order.created'), handler, { use: middlewares })
const kernel = await run(service)

let unsettled = 0
let allSettled = () => {}
kernel.bus.on('settled', () => {
  unsettled--
  if (unsettled === 0) allSettled()
})

async function deliver(messages) {
  unsettled = messages
  const settled = new Promise((resolve) => {
    allSettled = resolve
  })
  for (let left = messages; left > 0; left--) await bus.publish('order.created', data)
  await settled
}

report({}, { deliver: (milliseconds) => rate(milliseconds, deliver) })
