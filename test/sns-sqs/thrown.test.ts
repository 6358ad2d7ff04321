// time limit: 120 s
// node: 24 only
// coverage: none
// Whatever a user's code throws, on SNS+SQS.
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import { thrownLaws } from '../thrown-messages.ts'
import { Scene } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('thrown values on SNS+SQS')

thrownLaws(
  test,
  async () => {
    const scene = await Scene.open()
    return { bus: scene.bus() as never, close: () => scene.close() }
  },
  (purpose) => purpose,
)

test.run()
