import { type ConsumerContext, consumer, draw } from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createActor, fromPromise } from 'xstate'
import { getShortestPaths } from 'xstate/graph'

const test = suite('consumer')

/** The end of a step, a delay that has passed, or news. */
interface Event {
  readonly type: string
  readonly error?: unknown
}

/** Runs the machine, and causes its events as somebody does who runs it. */
class Driver {
  readonly #steps = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>()
  #timer: (() => void) | undefined
  readonly actor

  constructor() {
    const step = (name: string) =>
      fromPromise<void, unknown>(
        () => new Promise((resolve, reject) => this.#steps.set(name, { resolve, reject })),
      )
    const machine = consumer.provide({ actors: { attach: step('attach'), inspect: step('inspect') } })
    const clock = {
      setTimeout: (callback: () => void) => {
        this.#timer = callback
      },
      clearTimeout: () => {
        this.#timer = undefined
      },
    }
    this.actor = createActor(machine, { clock: clock as never, input: undefined })
    this.actor.start()
  }

  get value(): unknown {
    return this.actor.getSnapshot().value
  }

  async cause({ type, error }: Event): Promise<void> {
    const [, outcome, name = ''] = /^xstate\.(done|error)\.actor\.(\w+)$/.exec(type) ?? []
    if (type.startsWith('xstate.after.')) this.#timer?.()
    else if (outcome === 'done') this.#steps.get(name)?.resolve()
    else if (outcome === 'error') this.#steps.get(name)?.reject(error)
    else this.actor.send({ type, error } as never)
    await new Promise(setImmediate)
  }

  async causeAll(...types: readonly string[]): Promise<void> {
    for (const type of types) await this.cause({ type, error: new Error(type) })
  }
}

test('every state is reached as the machine says, and each can be stopped', async () => {
  const events = consumer.events.map((type: string) => ({ type, error: new Error(type) }))
  const paths = getShortestPaths(consumer as never, {
    events: events as never,
    input: undefined as never,
    serializeState: (({ value }: { value: unknown }) => JSON.stringify(value)) as never,
  })
  const states = new Set<unknown>()
  for (const { state, steps } of paths) {
    const driver = new Driver()
    for (const { event } of steps.slice(1)) await driver.cause(event as Event)
    assert.equal(driver.value, (state as { value: unknown }).value)
    states.add(driver.value)
    await driver.cause({ type: 'stop' })
    assert.is(driver.value, 'stopped')
  }
  assert.equal([...states].map((state) => JSON.stringify(state)).sort(), [
    '"attaching"',
    '"backingOff"',
    '"inspecting"',
    '"stopped"',
    '"unlinked"',
    '{"attached":"watched"}',
  ])
})

test('one that comes off is attached again after a wait', async () => {
  const driver = new Driver()
  await driver.causeAll('linked', 'xstate.done.actor.attach', 'off')
  assert.is(driver.value, 'backingOff')
  await driver.causeAll('xstate.after.backoff.')
  assert.is(driver.value, 'attaching')
})

test('one that gets no messages is attached again', async () => {
  const driver = new Driver()
  await driver.causeAll('linked', 'xstate.done.actor.attach', 'xstate.after.inspectionInterval.')
  assert.is(driver.value, 'inspecting')
  await driver.causeAll('xstate.error.actor.inspect')
  assert.is(driver.value, 'backingOff')
})

test('it counts what failed in a row, and says why', async () => {
  const driver = new Driver()
  await driver.causeAll('linked')
  const context = () => driver.actor.getSnapshot().context as ConsumerContext
  for (const failures of [1, 2, 3]) {
    await driver.causeAll('xstate.error.actor.attach')
    assert.is(context().failures, failures)
    await driver.causeAll('xstate.after.backoff.')
  }
  await driver.causeAll('xstate.done.actor.attach')
  assert.is(context().failures, 0)
  assert.is(context().error, undefined)
})

test('without a connection it waits for the next one', async () => {
  const driver = new Driver()
  await driver.causeAll('linked', 'xstate.done.actor.attach', 'unlinked')
  assert.is(driver.value, 'unlinked')
  await driver.causeAll('linked')
  assert.is(driver.value, 'attaching')
})

test('it can be drawn', () => {
  const drawing = draw(consumer, { format: 'mermaid' })
  for (const state of ['attaching', 'attached', 'inspecting', 'backingOff']) assert.match(drawing, state)
})

test.run()
