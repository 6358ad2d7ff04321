// time limit: 120 s
// node: 24 only
// coverage: none
import { configureLogging } from 'tomodachi'
import { type LifecycleEvent, lifecycle, readableEvent } from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createActor } from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'
import { LifecycleDriver } from './lifecycle-driver.ts'
import {
  delayed,
  describe,
  eventsOf,
  impossible,
  is,
  isDelayed,
  type Path,
  type PathEvent,
  pathOf,
  pathsOf,
} from './lifecycle-paths.ts'

const paths = suite('lifecycle')
/** The drain deadline itself, while waiting, is no failure: work is given back. */
const timeout = /\.(stopping|closing|finishing)$/

/** Once through every state, stopped without a code. */
const simple = pathsOf(eventsOf({}))
/** A stop with a code may come at any time, also when stopping is under way already; so may a failure. */
const stopAnyTime = pathsOf(eventsOf({ stopCode: 7 }), ({ requestedExitCode }) => requestedExitCode)
const failAnyTime = pathsOf(eventsOf({}), ({ errors }) => errors.length > 0)
/** The same with a stop that begins with a delay. */
const later = [
  ...pathsOf(eventsOf({}), undefined, delayed),
  // A second stop may have a code; a first one with a code has no delay.
  ...pathsOf(
    [...eventsOf({}), { type: 'stop', exitCode: 7 }],
    ({ requestedExitCode }) => requestedExitCode,
    delayed,
  ),
  ...pathsOf(eventsOf({}), ({ errors }) => errors.length > 0, delayed),
].filter(isDelayed)
const all = [...simple, ...stopAnyTime, ...failAnyTime, ...later]
const possible = all.filter((path) => impossible(path) === undefined)

/** Every event in every state that takes it, as the machine has it. */
function accepted(): readonly string[] {
  const events = eventsOf({}) as readonly LifecycleEvent[]
  const options = { events, serializeState: ({ value }: { readonly value: unknown }) => pathOf(value) }
  const states = [lifecycle, delayed].flatMap((machine) => Object.values(getAdjacencyMap(machine, options)))
  const edges = states
    .filter(({ state }) => state.status === 'active')
    .flatMap(({ state }) => events.filter((event) => state.can(event)).map(edgeOf(pathOf(state.value))))
  return [...new Set(edges)]
}

const edgeOf = (from: string) => (event: PathEvent) => `${from} ${event.type}`

/** The law, told from the path alone: what was asked for; else 1 after a failure or unfinished work; else 0. */
function lawfulExitCode(path: Path): number {
  const forced = path.find(({ event }) => event.type === 'force')
  if (forced) return 143
  const requested = path.findLast(({ event }) => event.exitCode !== undefined)
  if (requested) return requested.event.exitCode as number
  const spoilt = path.some(
    ({ event: { type } }) =>
      type === 'fail' || (/^xstate\.(error|after)\./.test(type) && !type.endsWith('.leaving')),
  )
  return spoilt ? 1 : 0
}

/** What `kernel.start()` comes to: `started`, or the first failure. */
function startOutcome(path: Path): unknown {
  if (path.some(({ to }) => to === 'started')) return 'started'
  const failure = path.find(({ event }) => event.error || timeout.test(event.type))?.event
  return failure ? (failure.error ?? 'STEP_TIMEOUT') : 'STOPPED_WHILE_STARTING'
}

/** Runs the path on a real kernel; what it shows after each step is what the machine says. */
async function follow(path: Path, story: string): Promise<LifecycleDriver> {
  const driver = new LifecycleDriver(isDelayed(path) ? 5_000 : 0)
  let ahead = 0
  for (const [index, { event }] of path.entries()) {
    if (index >= ahead) await driver.take(event)
    ahead = index + 1
    while (driver.closesAtOnce && path[ahead - 1]?.to === 'draining.closing') ahead++
    const { to } = path[ahead - 1] as Path[number]
    assert.is(pathOf(driver.value), to, `after ${event.type} ${story}`)
    assert.is(driver.kernel.state, to.split('.')[0])
  }
  return driver
}

async function check(path: Path): Promise<void> {
  const story = `in\n  ${describe(path)}`
  const driver = await follow(path, story)
  const { adapters, clock, settlements } = driver
  const forced = path.some(({ event }) => event.type === 'force')
  assert.is(driver.exitCode, lawfulExitCode(path), `exit code ${story}`)
  if (path[0]?.event.type === 'start') assert.is(driver.start, startOutcome(path), story)
  const happened = path.filter(({ to }, index) => to !== (path[index - 1]?.to ?? 'idle'))
  assert.equal(
    driver.transitions.map(({ to, event }) => [to, event]),
    happened.map(({ event, to }) => [to, readableEvent(event.type)]),
    story,
  )

  await driver.endAll()
  assert.is(clock.pending, 0, `timers ${story}`)
  for (const { name, calls } of adapters) {
    const count = (step: string) => calls.filter((call) => call === step).length
    assert.ok(count('start') <= 1 && count('pause') <= 1, `${name}: ${calls} ${story}`)
    // Closed within a start that was too slow, and again at the end of that.
    const closes = closedWithinStart(path) ? 2 : count('start')
    const paused = path.some(({ event }) => /actor\.pauseAdapters$/.test(event.type))
    const connected = count('start') === 1 && !failedToStart(path, name)
    if (paused) assert.is(count('pause'), connected ? 1 : 0, `${name}: ${calls} ${story}`)
    if (forced) assert.ok(count('close') <= closes, `${name}: ${calls} ${story}`)
    else assert.is(count('close'), closes, `${name}: ${calls} ${story}`)
  }
  const abandoned = path.some(({ event }) => is(event, 'after', 'waiting'))
  const started = path[0]?.event.type === 'start'
  assert.equal(
    settlements.map(({ state }) => state),
    started ? [abandoned ? 'released' : 'acked'] : [],
    story,
  )
}

/** Of the driver's two adapters, it is the second whose start fails. */
function failedToStart(path: Path, name: string): boolean {
  return name === 'second' && path.some(({ event }) => is(event, 'error', 'startAdapters'))
}

/** Whether the start of the adapters was still under way when they were closed. */
function closedWithinStart(path: Path): boolean {
  const ended = path.some(({ event }) => /actor\.(startAdapters|pauseAdapters)$/.test(event.type))
  return path.some(({ to }) => to === 'starting.connecting') && !ended
}

paths.before(() => configureLogging({ logger: 'disabled' }))
paths.after(() => configureLogging({ logger: 'console' }))

const groups = [...new Set(possible.map(wayOut))]

/** What ended the start: `starting.connecting: fail`. */
function wayOut(path: Path): string {
  const index = path.findIndex(({ to }) => !/^(idle|starting\..*|started|leaving)$/.test(to))
  const before = index === 0 ? 'idle' : (path[index - 1] as Path[number]).to
  return `${before}: ${readableEvent((path[index] as Path[number]).event.type)}`
}

for (const group of groups) {
  const members = possible.filter((path) => wayOut(path) === group)
  paths(`a kernel on ${members.length} paths that leave by ${group}`, async () => {
    for (const path of members) await check(path)
  })
}

paths('the machine alone follows the paths too that no kernel can take', () => {
  for (const path of all.filter((path) => impossible(path) !== undefined)) {
    const story = describe(path)
    const actor = createActor(isDelayed(path) ? delayed : lifecycle).start()
    for (const { event, to } of path) {
      actor.send(event as never)
      assert.is(pathOf(actor.getSnapshot().value), to, story)
    }
    assert.is(actor.getSnapshot().output?.exitCode, lawfulExitCode(path), story)
  }
})

paths('a kernel takes every event in every state, but for the failures that its steps cannot have', () => {
  const taken = new Set(
    possible.flatMap((path) => path.map(({ event }, index) => edgeOf(path[index - 1]?.to ?? 'idle')(event))),
  )
  assert.equal(
    accepted().filter((edge) => !taken.has(edge)),
    [
      'draining.waiting xstate.error.actor.waitUntilIdle',
      'draining.releasing xstate.error.actor.releaseWork',
    ],
  )
})

paths.run()
