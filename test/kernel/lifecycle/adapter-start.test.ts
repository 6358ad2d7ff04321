// What an adapter is started with.
import { type Adapter, Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, quiet, started } from '../started.ts'

const starts = suite('adapter start')
starts.before(quiet)

starts(
  'the signal of a start aborts when a stop comes meanwhile, with what the start is to reject with',
  async () => {
    const hanging: Adapter = {
      ...fakeAdapter(),
      start: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    }
    let stillStarted: AbortSignal | undefined
    const quick: Adapter = {
      ...fakeAdapter(),
      start: async ({ signal }) => {
        stillStarted = signal
      },
    }
    const kernel = new Kernel([new Service({ adapters: [hanging, quick] })], { ownsProcess: false })
    const starting = failureOf(kernel.start())
    await turn()
    assert.is(await kernel.stop(), 0)
    assert.is((await starting).code, 'STOPPED_WHILE_STARTING')
    assert.is(stillStarted?.aborted, false, 'whose start had ended before')
  },
)

starts(
  'the signal of a start that has ended does not abort at the stop, nor when the adapter starts again',
  async () => {
    const signals: AbortSignal[] = []
    const adapter: Adapter = {
      ...fakeAdapter(),
      start: async ({ signal }) => void signals.push(signal),
    }
    for (let time = 0; time < 2; time++) {
      const kernel = await started(new Service({ adapters: [adapter] }))
      await kernel.stop()
    }
    assert.equal(
      signals.map(({ aborted }) => aborted),
      [false, false],
    )
  },
)

starts('an adapter is told whom messages come from: the service of the handler, else its own', async () => {
  let sender = () => ({ name: '' })
  const bus: Adapter = {
    ...fakeAdapter(),
    async start(given) {
      sender = given.sender
    },
  }
  const other = fakeAdapter({ name: 'other' })
  const handled: string[] = []
  const kernel = await started([
    new Service({ name: 'handling' }).on(other.source('a'), () => void handled.push(sender().name)),
    new Service({ name: 'first', adapters: [bus] }),
    new Service({ name: 'second', adapters: [bus] }),
  ])
  await other.send('a').settled
  assert.equal([...handled, sender().name], ['handling', 'first'])
  await kernel.stop()
})

starts.run()
