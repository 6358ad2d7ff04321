import { type Kernel, Service } from 'tomodachi'
import {
  type AnyMachine,
  draw,
  type LifecycleActor,
  type LifecycleContext,
  type LifecycleEvent,
  lifecycle,
  type StateValue,
  worker,
} from 'tomodachi/statecharts'
import { type AnyStateMachine, createActor, createMachine, setup, waitFor } from 'xstate'
import { typed } from './same.ts'

// Any machine of XState can be drawn, and so can ours.
const player = setup({
  types: { context: {} as { volume: number }, events: {} as { type: 'play' } | { type: 'stop' } },
}).createMachine({ context: { volume: 5 }, initial: 'still', states: { still: {}, playing: {} } })
draw(createMachine({}))
draw(player, { active: createActor(player).getSnapshot() })
draw(lifecycle, { format: 'svg', active: { draining: 'waiting' } })
typed<AnyMachine>()({} as AnyStateMachine as AnyMachine)
// @ts-expect-error a text is no machine
draw('lifecycle')

// XState runs the machines, and knows their contexts and events.
const actor = createActor(lifecycle.provide({ delays: { drainDeadline: 5 } }))
actor.send({ type: 'stop', exitCode: 1 })
// @ts-expect-error there is no such event
actor.send({ type: 'pause' })
const snapshot = actor.getSnapshot()
typed<LifecycleContext>()(snapshot.context)
typed<number | undefined>()(snapshot.output?.exitCode)
typed<Promise<typeof snapshot>>()(waitFor(actor, ({ value }) => value === 'stopped'))
typed<number>()(createActor(worker).getSnapshot().context.deaths)

// The actor of a kernel is one of XState, with types of its own.
declare const kernel: Kernel
const running: LifecycleActor = kernel.lifecycle
running.send({ type: 'fail', error: new Error('gone') } satisfies LifecycleEvent)
typed<StateValue>()(running.getSnapshot().value)
typed<readonly unknown[]>()(running.getSnapshot().context.errors)
running.subscribe(({ value, status, matches }) => void [value, status === 'done', matches('started')])
const real: LifecycleActor = createActor(lifecycle)
draw(lifecycle, { active: real.getSnapshot() })
// @ts-expect-error the kernel alone starts it
running.start()
new Service({ onStart: () => void draw(player) })
