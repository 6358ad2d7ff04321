// Whom messages name as their sender.
import { exit, getService, Kernel, Service, type ServiceOptions } from 'tomodachi'
import type { Format } from 'tomodachi/envelopes'
import { http } from 'tomodachi/http'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet, started } from '../started.ts'

const test = suite('senders')
test.before(quiet)

/** A bus, and the names of the senders of what is published on it. */
function watched() {
  const senders: string[] = []
  const envelope: Format = {
    build: (_, topic, { name }) => {
      senders.push(`${topic} by ${name}`)
      return '1'
    },
    parse: () => ({ data: 1, metadata: undefined }),
  }
  return { bus: memory({ envelope }), senders }
}

test('outside of handlers a message names the service that its bus belongs to, not the one started last', async () => {
  const [one, two] = [watched(), watched()]
  const first = new Service({ name: 'first', adapters: [one.bus] })
  const second = new Service({ name: 'second' }).on(two.bus.topic('t'), () => {})
  const kernel = await started([first, second])
  const third = await started(new Service({ name: 'third', adapters: [memory()] }))
  await one.bus.publish('a', 1)
  await two.bus.publish('b', 1)
  await two.bus.use(async (_, next) => next()).publish('c', 1)
  await new Promise<void>((resolve) => setTimeout(() => one.bus.publish('d', 1).then(resolve), 1))
  assert.equal([...one.senders, ...two.senders], ['a by first', 'd by first', 'b by second', 'c by second'])
  for (const each of [third, kernel]) await each.stop()
})

test('of several services that share a bus, the one that was given to run first', async () => {
  const { bus, senders } = watched()
  const services = ['first', 'second'].map((name) => new Service({ name }).on(bus.topic(name), () => {}))
  const kernel = await started(services)
  await bus.publish('a', 1)
  assert.equal(senders, ['a by first'])
  await kernel.stop()
})

test('a hook is one of its service, and so is what it starts: timers, and what comes after an await', async () => {
  const { bus, senders } = watched()
  let timer: Promise<void> = Promise.resolve()
  const publishing = (name: string): ServiceOptions => ({
    name,
    async onStarted() {
      await null
      assert.is(getService()?.name, name)
      await bus.publish('started', 1)
      if (name === 'second')
        timer = new Promise((resolve) => setTimeout(() => bus.publish('timer', 1).then(resolve), 1))
    },
    onStopping: () => bus.publish('stopping', 1),
  })
  const services = ['first', 'second', 'third'].map(
    (name) => new Service({ ...publishing(name), adapters: [bus] }),
  )
  const kernel = await started(services)
  await timer
  await kernel.stop()
  assert.equal(senders.toSorted(), [
    'started by first',
    'started by second',
    'started by third',
    'stopping by first',
    'stopping by second',
    'stopping by third',
    'timer by second',
  ])
})

test('a hook that a handler of another service brings about is still one of its own service', async () => {
  const { bus, senders } = watched()
  const api = http({ port: 0 })
  const stopping = new Service({ name: 'stopping' }).on(api.get('/'), () => exit())
  const hooked = new Service({ name: 'hooked', adapters: [bus], onStopping: () => bus.publish('t', 1) })
  const kernel = await started([stopping, hooked])
  await (await fetch(`${api.url}/`)).text()
  await kernel.stopped
  assert.equal(senders, ['t by hooked'])
})

test('a handler is one of its own service, whomever the bus belongs to and whoever published from a hook', async () => {
  const { bus, senders } = watched()
  const broker = new MemoryBroker()
  const [from, to] = [memory({ broker }), memory({ broker })]
  const handled = new Promise<void>((resolve) => {
    const publisher = new Service({
      name: 'publisher',
      adapters: [from, bus],
      onStarted: () => from.publish('order', 1),
    })
    const handler = new Service({ name: 'handler' }).on(to.topic('order'), async () => {
      assert.is(getService()?.name, 'handler')
      await bus.publish('t', 1)
      resolve()
    })
    void new Kernel([publisher, handler], { ownsProcess: false }).start().then((kernel) => {
      void handled.then(() => kernel.stop())
    })
  })
  await handled
  assert.equal(senders, ['t by handler'])
})

test.run()
