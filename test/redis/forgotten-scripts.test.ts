// node: 24 only
// needs: redis
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, consumersOf, consuming, scene } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('scripts that the server has forgotten')

test('a message that comes while its consumer stops is given back before the connection goes', async () => {
  const { bus, publisher, key, close } = await scene()
  const held: number[] = []
  for (let round = 0; round < 10; round++) {
    const queue = `stopping-${round}`
    const kernel = await consuming(bus(), 'topic', { queue }, () => {})
    // The server has to be sent the script once more, which takes a second round trip.
    await ask('SCRIPT', 'FLUSH')
    await publisher.publish('topic', 'late')
    await kernel.stop()
    held.push(
      [...(await consumersOf(key(queue)))]
        .filter(([name]) => name !== '-')
        .reduce((sum, [, { pending }]) => sum + pending, 0),
    )
  }
  assert.equal(held, Array(10).fill(0))
  await close()
})

test.run()
