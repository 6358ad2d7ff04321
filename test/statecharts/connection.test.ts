// node: 24 only
import { type ConnectionContext, connection, draw } from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createActor, fromPromise, waitFor } from 'xstate'
import { getSimplePaths } from 'xstate/graph'

const test = suite('connection')

type Step = 'connect' | 'disconnect'

/** The events of the machine, as the generator sends them; a connection that fails may or may not be hopeless. */
const events = connection.events.map((type: string) =>
  /^(lost|xstate\.error\.)/.test(type) ? { type, error: new Error(type) } : { type },
)

/** Two situations are the same when the state is, and what `remember` makes of the context. */
function pathsTo(
  final: 'closed' | 'failed',
  isHopeless: boolean,
  remember: (context: ConnectionContext) => unknown = () => undefined,
) {
  const machine = connection.provide({ guards: { isHopeless: () => isHopeless } })
  return getSimplePaths(machine as never, {
    events: events as never,
    serializeState: (({ value, context }: { value: unknown; context: ConnectionContext }) =>
      JSON.stringify([value, remember(context)])) as never,
    serializeEvent: ({ type }: { type: string }) => type,
    toState: (({ value }: { value: unknown }) => value === final) as never,
  })
}

/** The event as somebody causes it who runs the machine: the end of a step, a delay that has passed, or news. */
class Driver {
  readonly begun: Step[] = []
  readonly #steps = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>()
  readonly #timers = new Map<string, () => void>()
  readonly actor

  constructor(isHopeless: boolean) {
    const step = (name: Step) =>
      fromPromise<void>(() => {
        this.begun.push(name)
        return new Promise((resolve, reject) => this.#steps.set(name, { resolve, reject }))
      })
    const machine = connection.provide({
      actors: {
        connect: step('connect'),
        disconnect: step('disconnect'),
      },
      guards: { isHopeless: () => isHopeless },
      delays: { backoff: 1 },
    })
    const clock = {
      setTimeout: (callback: () => void) => {
        this.#timers.set('backoff', callback)
        return 'backoff'
      },
      clearTimeout: (name: string) => void this.#timers.delete(name),
    }
    this.actor = createActor(machine, { clock: clock as never })
    this.actor.start()
  }

  async cause({ type, error }: { readonly type: string; readonly error?: unknown }): Promise<void> {
    const [, outcome, name = ''] = /^xstate\.(done|error)\.actor\.(\w+)$/.exec(type) ?? []
    const [, delay] = /^xstate\.after\.(\w+)\./.exec(type) ?? []
    const step = this.#steps.get(name === 'disconnectFailed' ? 'disconnect' : name)
    if (delay) this.#timers.get(delay)?.()
    else if (outcome === 'done') step?.resolve()
    else if (outcome === 'error') step?.reject(error)
    else this.actor.send({ type, error } as never)
    await new Promise(setImmediate)
  }
}

for (const [final, isHopeless] of [
  ['closed', false],
  ['failed', true],
] as const) {
  test(`every way to ${final} is gone as the machine says`, async () => {
    const paths = [...pathsTo(final, isHopeless), ...pathsTo(final, isHopeless, ({ blocked }) => blocked)]
    assert.ok(paths.length >= (isHopeless ? 2 : 50), `only ${paths.length} paths`)
    for (const { steps } of paths) {
      const driver = new Driver(isHopeless)
      for (const { event, state } of steps.slice(1)) {
        await driver.cause(event as never)
        const { value } = state as unknown as { value: unknown }
        assert.equal(driver.actor.getSnapshot().value, value, `after ${(event as { type: string }).type}`)
      }
      assert.is(driver.actor.getSnapshot().status, 'done')
      assert.is(driver.begun.at(-1), 'disconnect', 'it has not disconnected in the end')
    }
  })
}

test('every state is on some way to the end', () => {
  const states = new Set<string>()
  for (const path of [...pathsTo('closed', false), ...pathsTo('failed', true)])
    for (const { state } of path.steps) states.add(JSON.stringify((state as { value: unknown }).value))
  const all = ['connecting', 'backingOff', 'failing', 'closing', 'failed', 'closed']
  const connected = ['open', 'blocked'].map((connected) => ({ connected }))
  assert.equal([...states].sort(), [...all, ...connected].map((state) => JSON.stringify(state)).sort())
})

test('it stays blocked until the broker takes messages again', async () => {
  const driver = new Driver(false)
  for (const type of ['xstate.done.actor.connect', 'blocked']) await driver.cause({ type })
  assert.equal(driver.actor.getSnapshot().value, { connected: 'blocked' })
  await driver.cause({ type: 'unblocked' })
  assert.equal(driver.actor.getSnapshot().value, { connected: 'open' })
})

test('it counts what failed in a row, and says why', async () => {
  const driver = new Driver(false)
  const error = new Error('refused')
  for (const failures of [1, 2, 3]) {
    await driver.cause({ type: 'xstate.error.actor.connect', error })
    assert.is(driver.actor.getSnapshot().context.failures, failures)
    await driver.cause({ type: 'xstate.after.backoff.' })
  }
  assert.is(driver.actor.getSnapshot().context.error, error)
  await driver.cause({ type: 'xstate.done.actor.connect' })
  await waitFor(driver.actor, ({ context }) => context.failures === 0 && context.error === undefined)
})

test('it can be drawn', () => {
  const drawing = draw(connection, { format: 'mermaid' })
  for (const state of ['connecting', 'backingOff', 'open', 'blocked', 'failed']) assert.match(drawing, state)
})

test.run()
