import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { turn } from '../fake-adapter.ts'
import { quiet } from '../started.ts'
import { type Job, workplace } from './workplace.ts'

const givenUp = suite('deliveries that are given up')
givenUp.before(quiet)

for (const [mode, options, keyOf] of [
  ['concurrency', { concurrency: 1 }, () => undefined],
  ['one key', { orderBy: ({ key }: Job) => key }, () => 'key'],
  ['a key each', { concurrency: 1, orderBy: ({ key }: Job) => key }, (index: number) => index],
] as const) {
  givenUp(
    `${mode}: deliveries that are given up leave the mailbox at once, and are kept by nobody`,
    async () => {
      const { begun, send, end, kernel } = await workplace(options)
      send(0, keyOf(0))
      const references: WeakRef<object>[] = []
      for (let index = 1; index <= 2_000; index++) {
        const { delivery } = send(index, keyOf(index))
        references.push(new WeakRef(delivery))
        delivery.cancel('the client has gone')
      }
      const last = send(2_001, keyOf(2_001))
      await collected(references)
      await end(0)
      assert.equal(begun(), [0, 2_001])
      await end(2_001)
      assert.is((await last.settled).state, 'acked')
      await kernel.stop()
    },
  )
}

/** Resolves when the collector has taken all but a few; rejects when it never does. */
async function collected(references: readonly WeakRef<object>[]): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let tries = 0; tries < 50; tries++) {
    // What a weak reference has shown is kept until the turn ends.
    await turn()
    collect()
    if (references.filter((reference) => reference.deref() !== undefined).length < 10) return
  }
  throw new Error('given up, and still kept')
}

givenUp('who gives up changes neither the order of the others nor how many run', async () => {
  const { begun, running, send, end, kernel } = await workplace({ concurrency: 2, orderBy: ({ key }) => key })
  send(0, 'a')
  send(1, 'b')
  // Ready as the first of its key, and one behind it, in the middle and at the end.
  const sent = [
    [2, 'c'],
    [3, 'c'],
    [4, 'a'],
    [5, 'a'],
    [6, 'd'],
    [7, 'a'],
    [8, 'c'],
  ].map(([index, key]) => send(index as number, key))
  for (const place of [0, 3, 5]) sent[place]?.delivery.cancel('given up')
  assert.equal(running(), [0, 1])
  const order: number[] = []
  while (running().length > 0) {
    assert.ok(running().length <= 2)
    const [index] = running() as [number]
    order.push(index)
    await end(index)
  }
  assert.equal(order, begun())
  assert.equal(begun().toSorted(), [0, 1, 3, 4, 6, 8])
  assert.ok(begun().indexOf(3) < begun().indexOf(8))
  await kernel.stop()
})

givenUp.run()
