import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { data, format, key, prefetch, publishWindow, url } from '../amqp/contents.mjs'
import { tasks } from '../amqp/stage.mjs'
import { report } from '../report.mjs'
import { signals, startSdk } from './sdk.mjs'

configureLogging({ level: 'error' })

if (signals !== 'off') startSdk(signals)
const outbound = amqp({ url, envelope: format, publishWindow })
await start(new Service({ name: 'bench', adapters: [outbound] }))

const publish = () => outbound.publish(key, data)

async function consume(handler) {
  const inbound = amqp({ url, envelope: format })
  const adapters = signals === 'off' ? [] : [opentelemetry({ metrics: signals === 'spans and metrics' })]
  const source = inbound.topic(key, { queue: key, queueTtl: '10m', concurrency: prefetch })
  const kernel = await start(new Service({ name: 'bench', adapters }).on(source, ({ data }) => handler(data)))
  return () => kernel.stop()
}

function start(service) {
  return new Kernel([service], { ownsProcess: false }).start()
}

report({}, tasks(publish, consume))
