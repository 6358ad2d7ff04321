import { AsyncLocalStorage } from 'node:async_hooks'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { scene } from './scene.ts'

const contexts = suite('schedule async context')

const user = new AsyncLocalStorage<string>()

contexts('a tick sees neither who started the service nor the tick before it', async () => {
  const seen: unknown[] = []
  const handle = async () => {
    seen.push(user.getStore())
    user.enterWith('a tick')
    await new Promise(setImmediate)
  }
  const { clock, kernel } = await user.run('starter', () => scene((timer) => timer.every('1m'), { handle }))
  for (let minutes = 0; minutes < 3; minutes++) await user.run('the clock', () => clock.advance(60_000))
  await kernel.stop()
  assert.equal(seen, [undefined, undefined, undefined])
})

contexts.run()
