import { format, prefetch } from '../amqp/contents.mjs'
import { report } from '../report.mjs'
import { connected, group, message, stream, tasks } from './stage.mjs'

const client = await connected()
await client.sendCommand(['XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM'])

const publish = () => client.sendCommand(message())

async function consume(handler) {
  const reading = await connected()
  let isStopped = false
  const words = ['XREADGROUP', 'GROUP', group, 'bare', 'COUNT', String(prefetch), 'BLOCK', '50']
  const ended = (async () => {
    while (!isStopped) {
      const found = await reading.sendCommand([...words, 'STREAMS', stream, '>'])
      for (const [id, fields] of found?.[0][1] ?? []) {
        handler(format.parse(fields.at(-1)).data)
        client.sendCommand(['XACK', stream, group, id])
        client.sendCommand(['XDEL', stream, id])
      }
    }
    reading.destroy()
  })()
  return async () => {
    isStopped = true
    await ended
  }
}

report({}, tasks(publish, consume))
