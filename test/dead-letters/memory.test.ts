import { configureLogging } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import { laws } from './laws.ts'

configureLogging({ logger: 'disabled' })

const test = suite('dead letters in memory')

for (const [law, check] of Object.entries(laws)) {
  test(law, () =>
    check({ bus: memory(), topic: 'orders', dead: (queue) => `${queue}.dead`, close: async () => {} }),
  )
}

test.run()
