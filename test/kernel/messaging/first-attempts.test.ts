// How a bus starts while its broker has its troubles.
import { configureLogging, Kernel, type MessageBus, Service, TomodachiError } from 'tomodachi'
import { type Broker, type Consumer, messageBus } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'

configureLogging({ logger: 'disabled' })

const start = suite('start of a bus')

const consumer: Consumer = {
  ack: () => {},
  release: () => {},
  retry: () => {},
  setAside: () => {},
  stop: () => {},
}

async function rejection(work: Promise<unknown>): Promise<Error> {
  try {
    await work
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not reject')
}

/** A bus whose queues cannot be consumed until `refusals` says so: it is given the queue, and the number of the try. */
function busWith(refusals: (queue: string, tries: number) => Error | undefined, startTimeout = 20_000) {
  const tries = new Map<string, number>()
  const told = { connects: 0, closes: 0, tries }
  const broker: Broker = {
    transport: 'fake',
    plan: (actors) =>
      actors.map((actor) => ({ name: actor.source.topic.name, deadLetter: 'dead', actors: [actor] })),
    async connect() {
      told.connects++
      return {
        async consume({ name }) {
          const count = (tries.get(name) ?? 0) + 1
          tries.set(name, count)
          const refusal = refusals(name, count)
          if (refusal) throw refusal
          return consumer
        },
        send: () => {},
        count: async () => 0,
        open: async () => undefined,
        close: async () => void told.closes++,
      }
    },
    outgoing: () => ({ target: '' }),
  }
  const bus: MessageBus = messageBus(broker, { name: 'fake', startTimeout }, () => ({}))
  const service = new Service().on(bus.topic('good'), () => {}).on(bus.topic('flaky'), () => {})
  return { bus, told, kernel: new Kernel([service], { ownsProcess: false }) }
}

start('a queue that cannot be consumed yet is tried again by itself', async () => {
  const { bus, told, kernel } = busWith((queue, tries) =>
    queue === 'flaky' && tries < 3
      ? new TomodachiError('BROKER_UNREACHABLE', { broker: 'a', reason: 'not yet' })
      : undefined,
  )
  await kernel.start()
  assert.equal([told.connects, told.tries.get('good'), told.tries.get('flaky'), bus.ready], [1, 1, 3, true])
  assert.is(await kernel.stop(), 0)
  assert.is(told.closes, 1)
})

start('a queue that never can be consumed fails the start at once', async () => {
  const never = new TomodachiError('BROKER_REFUSED', { reason: 'never' })
  const { told, kernel } = busWith((queue) => (queue === 'flaky' ? never : undefined))
  assert.is(await rejection(kernel.start()), never)
  assert.equal([told.connects, told.closes, told.tries.get('flaky')], [1, 1, 1])
})

start('a queue that cannot be consumed in time fails the start with its last error', async () => {
  const { told, kernel } = busWith(
    (queue, tries) => (queue === 'flaky' ? new Error(`try ${tries}`) : undefined),
    600,
  )
  const { message } = await rejection(kernel.start())
  assert.is(message, `try ${told.tries.get('flaky')}`)
  assert.ok((told.tries.get('flaky') as number) > 1)
  assert.is(told.closes, told.connects)
})

start('a stop ends the tries of a start at once', async () => {
  const { told, kernel } = busWith(() => new Error('not yet'), 600_000)
  const starting = kernel.start().catch((error: unknown) => error)
  await until(() => told.tries.get('flaky') !== undefined)
  await kernel.stop()
  assert.ok((await starting) instanceof Error)
  assert.is(told.closes, 1)
})

start.run()
