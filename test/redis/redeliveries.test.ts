// time limit: 120 s
// needs: redis
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deaths } from '../deaths.ts'
import { consuming, scene } from './scene.ts'
import { serverUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('redeliveries on Redis')

test('a message that kills its process is set aside after retry.redeliveries, and the next is handled', async () => {
  const { bus, prefix, publisher, deadLetters, close } = await scene()
  const topicOptions = { queue: 'queue', concurrency: 1, retry: { attempts: 1, redeliveries: 1 } }
  await (await consuming(bus(), 'topic', topicOptions, () => {})).stop()
  await publisher.publish('topic', 'killer')
  await publisher.publish('topic', 'innocent')
  const handled = await deaths('redis', { url: serverUrl, prefix, lease: '1s' }, 'topic', topicOptions)
  assert.equal(
    handled.filter(([data]) => data === 'killer'),
    [
      ['killer', 0],
      ['killer', 1],
    ],
  )
  const [letter, ...others] = await deadLetters('queue.dead')
  assert.is(letter?.data, 'killer')
  assert.match(String(letter?.headers['x-dead-letter-reason']), /came back 2 times/)
  assert.equal(others, [])
  await close()
})

test.run()
