import { randomUUID } from 'node:crypto'
import amqplib from 'amqplib'
import { report } from '../report.mjs'
import { format, key, prefetch, url } from './contents.mjs'
import { contentOf, tasks } from './stage.mjs'

const connection = await amqplib.connect(url, { noDelay: true })
const confirming = await connection.createConfirmChannel()

function publish() {
  return new Promise((resolve, reject) => {
    confirming.publish(
      'amq.topic',
      key,
      contentOf(),
      { persistent: true, messageId: randomUUID(), contentType: 'application/json', headers: {} },
      (error) => (error ? reject(error) : resolve()),
    )
  })
}

async function consume(handler) {
  const channel = await connection.createChannel()
  await channel.prefetch(prefetch)
  await channel.consume(key, (message) => {
    handler(format.parse(message.content).data)
    channel.ack(message)
  })
  return () => channel.close()
}

report({}, tasks(publish, consume))
