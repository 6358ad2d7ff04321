// time limit: 180 s
// node: 24 only
// coverage: none
import { configureLogging } from 'tomodachi'
import { sideBySide } from '../side-by-side.ts'
import { busOn, emulator } from '../sns-sqs/world.ts'
import { commandWorks } from './command.ts'
import { laws } from './laws.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('dead letters in SQS')

for (const [law, check] of Object.entries(laws)) {
  test(law, async () => {
    const server = await emulator()
    await check({
      bus: busOn(server.port),
      topic: 'orders',
      dead: (queue) => `${queue}-dead`,
      close: () => server.stop(),
    })
  })
}

test('tomodachi dlq', async () => {
  const server = await emulator()
  const env = { BUS: 'aws', BROKER_URL: `http://127.0.0.1:${server.port}` }
  try {
    await commandWorks({ bus: busOn(server.port), topic: 'orders', env })
  } finally {
    await server.stop()
  }
})

test.run()
