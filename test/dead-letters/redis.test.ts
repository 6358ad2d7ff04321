// time limit: 240 s
// node: 24 only
// needs: redis
// coverage: none
import { randomUUID } from 'node:crypto'
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import { redisWorld, serverUrl } from '../redis/world.ts'
import { commandWorks } from './command.ts'
import { laws } from './laws.ts'

configureLogging({ logger: 'disabled' })

const test = suite('dead letters on Redis')

for (const [law, check] of Object.entries(laws)) {
  test(law, async () => {
    const prefix = `dlq-${randomUUID()}`
    const { bus, close } = await redisWorld({ prefix })
    await check({ bus: bus(), topic: 'orders', dead: (queue) => `${queue}.dead`, close })
  })
}

test('tomodachi dlq', async () => {
  const prefix = `dlq-${randomUUID()}`
  const { bus, close } = await redisWorld({ prefix })
  const env = { BUS: 'redis', BROKER_URL: serverUrl, PREFIX: prefix }
  try {
    await commandWorks({ bus: bus(), topic: 'orders', env })
  } finally {
    await close()
  }
})

test.run()
