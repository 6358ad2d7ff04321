import { type Adapter, Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, logged, quiet, started } from '../started.ts'

const telling = suite('adapters are told that all have started')
telling.before(quiet)
telling.after.each(quiet)

/** An adapter that does this when told, and a service that has it beside an adapter without `started`. */
function told(name: string, journal: string[], then: () => void = () => {}): Adapter {
  return {
    name,
    start: async () => void journal.push(`${name} start`),
    started() {
      journal.push(`${name} started`)
      then()
    },
    pause: async () => void journal.push(`${name} pause`),
    close: async () => void journal.push(`${name} close`),
  }
}

telling('after the onStarted hooks of all services, in the state started', async () => {
  const journal: string[] = []
  const slow = deferred()
  const first = told('first', journal, () => void journal.push(kernel.state))
  const services = [
    new Service({ adapters: [first, fakeAdapter()], onStarted: () => slow.promise }),
    new Service({ adapters: [told('second', journal)], onStarted: () => void journal.push('onStarted') }),
  ]
  const kernel = new Kernel(services, { ownsProcess: false })
  kernel.bus.on('lifecycle', ({ to }) => void (to === 'started' && journal.push('lifecycle started')))
  const starting = kernel.start()
  await turn()
  assert.equal(journal, ['first start', 'second start', 'onStarted'])
  slow.resolve()
  await starting
  assert.equal(journal.slice(3), ['lifecycle started', 'first started', 'started', 'second started'])
  await kernel.stop()
})

telling('not when an onStarted hook fails, nor when a stop comes before', async () => {
  const journal: string[] = []
  const failing = new Service({
    adapters: [told('first', journal)],
    onStarted: () => Promise.reject(new Error('no')),
  })
  await failureOf(started(failing))
  const stopping = new Service({
    adapters: [told('second', journal)],
    onStarted: () => void kernel.stop(),
  })
  const kernel = new Kernel([stopping], { ownsProcess: false })
  await failureOf(kernel.start())
  assert.equal(journal, [
    ...['first start', 'first pause', 'first close'],
    ...['second start', 'second pause', 'second close'],
  ])
})

telling('one that throws stops the kernel, and the others are told all the same', async () => {
  const records = logged('error')
  const journal: string[] = []
  const broken = told('broken', journal, () => {
    throw new Error('no timers')
  })
  const service = new Service({ adapters: [broken, told('good', journal)] })
  const kernel = new Kernel([service], { ownsProcess: false })
  assert.is((await failureOf(kernel.start())).message, 'no timers')
  assert.is(await kernel.stopped, 1)
  assert.equal(journal.slice(2), [
    ...['broken started', 'good started'],
    ...['broken pause', 'good pause', 'broken close', 'good close'],
  ])
  assert.ok(records.some(({ message }) => message === 'a hook or an adapter failed'))
})

telling('through a view as much as directly, once', async () => {
  const journal: string[] = []
  const core = told('core', journal)
  const kernel = await started(new Service({ adapters: [core, { ...core, origin: core }] }))
  await kernel.stop()
  assert.equal(journal, ['core start', 'core started', 'core pause', 'core close'])
})

telling.run()
