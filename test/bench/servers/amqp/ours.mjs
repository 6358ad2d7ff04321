import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { report } from '../report.mjs'
import { data, format, key, prefetch, publishWindow, url } from './contents.mjs'
import { tasks } from './stage.mjs'

configureLogging({ level: 'error' })

const outbound = amqp({ url, envelope: format, publishWindow })
await start(new Service({ name: 'bench', adapters: [outbound] }))

const publish = () => outbound.publish(key, data)

async function consume(handler) {
  const inbound = amqp({ url, envelope: format })
  const source = inbound.topic(key, { queue: key, queueTtl: '10m', concurrency: prefetch })
  const kernel = await start(new Service({ name: 'bench' }).on(source, ({ data }) => handler(data)))
  return () => kernel.stop()
}

function start(service) {
  return new Kernel([service], { ownsProcess: false }).start()
}

report({}, tasks(publish, consume))
