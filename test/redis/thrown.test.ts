// time limit: 120 s
// node: 24 only
// needs: redis
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import { thrownLaws } from '../thrown-messages.ts'
import { unique } from './scene.ts'
import { redisWorld } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('thrown values on Redis')

thrownLaws(
  test,
  async () => {
    const { bus, close } = await redisWorld()
    return { bus: bus() as never, close }
  },
  unique,
)

test.run()
