import { configureLogging, Kernel, Service } from 'tomodachi'
import { redis } from 'tomodachi/redis'
import { data, format, key, prefetch, publishWindow, url } from '../amqp/contents.mjs'
import { report } from '../report.mjs'
import { prefix, tasks } from './stage.mjs'

configureLogging({ level: 'error' })

const outbound = redis({ url, prefix, envelope: format, publishWindow })
await start(new Service({ name: 'bench', adapters: [outbound] }))

const publish = () => outbound.publish(key, data)

async function consume(handler) {
  const inbound = redis({ url, prefix, envelope: format })
  const source = inbound.topic(key, { queue: key, concurrency: prefetch })
  const kernel = await start(new Service({ name: 'bench' }).on(source, ({ data }) => handler(data)))
  return () => kernel.stop()
}

function start(service) {
  return new Kernel([service], { ownsProcess: false }).start()
}

// Makes the queue, and binds it.
await (await consume(() => {}))()

report({}, tasks(publish, consume))
