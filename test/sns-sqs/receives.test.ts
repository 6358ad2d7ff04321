// time limit: 120 s
// node: 24 only
// How many receives go side by side. One test after the other: what one does, keeps the process busy for the other.
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inScene, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const receives = suite('receives of SNS+SQS')

/** Most receives at once while so many messages, which were there before, are handled. */
async function most(scene: Scene, messages: number, handler: () => void): Promise<number> {
  scene.server.createQueue('q', { region: 'eu-west-1' })
  const publisher = await scene.publisher()
  await Promise.all(Array.from({ length: messages }, (_, index) => publisher.sendMessage('q', index)))
  // As far away as AWS is.
  scene.proxy.delay = 60
  let handled = 0
  await scene.start((service) =>
    service.on(scene.bus().queue('q'), () => {
      handled++
      handler()
    }),
  )
  await until(() => handled === messages)
  return scene.proxy.most.get('ReceiveMessage') ?? 0
}

receives(
  'while messages wait, more and more go side by side, up to ten',
  inScene(async (scene) => {
    const actual = await most(scene, 1_500, () => {})
    // A machine that is busy with other things may leave no time for the last ones.
    assert.ok(actual >= 6 && actual <= 10, `${actual} receives at once`)
  }),
)

receives(
  'while the process has no time left, few do',
  inScene(async (scene) => {
    const actual = await most(scene, 300, () => {
      for (const end = performance.now() + 8; performance.now() < end; );
    })
    assert.ok(actual <= 5, `${actual} receives at once`)
  }),
)

receives.run()
