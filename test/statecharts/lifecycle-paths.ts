import { type LifecycleContext, type LifecycleEvent, lifecycle } from 'tomodachi/statecharts'
import { getSimplePaths } from 'xstate/graph'

/** An event as the generator sends it. */
export interface PathEvent {
  readonly type: string
  readonly exitCode?: number
  readonly error?: unknown
  readonly output?: unknown
}

export interface PathStep {
  readonly event: PathEvent
  /** The state that it leads to: `draining.waiting`. */
  readonly to: string
}

/** A way from idle to stopped. */
export type Path = readonly PathStep[]

const done = 'xstate.done.actor.'
const failed = 'xstate.error.actor.'
const after = 'xstate.after.'

/** Whether the event is this outcome of a step: `is(event, 'error', 'closeAdapters')`. */
export function is({ type }: PathEvent, outcome: 'done' | 'error' | 'after', step: string): boolean {
  if (outcome === 'after') return type.startsWith(after) && type.endsWith(`.${step}`)
  return type === `${outcome === 'done' ? done : failed}${step}`
}

/** The machine of services whose stop begins with a delay, unless it has a code. */
export const delayed = lifecycle.provide({
  guards: {
    isDelayed: ({ event }: { readonly event: LifecycleEvent }) => event.type === 'stop' && !event.exitCode,
  },
})

/** Every event that the machine knows: a new one is generated without a change here. */
export function eventsOf({ stopCode }: { readonly stopCode?: number }): readonly PathEvent[] {
  return lifecycle.events.map((type: string): PathEvent => {
    if (type === 'stop') return stopCode === undefined ? { type } : { type, exitCode: stopCode }
    if (type === 'force') return { type, exitCode: 143 }
    if (type === 'fail' || type.startsWith(failed)) return { type, error: new Error(type) }
    return type === `${done}releaseWork` ? { type, output: 1 } : { type }
  })
}

/**
 * Every simple path from idle to stopped. Two situations are the same when the state is, and what `remember` makes of
 * the context: what it tells apart, a path may pass in between.
 */
export function pathsOf(
  events: readonly PathEvent[],
  remember: (context: LifecycleContext) => unknown = () => undefined,
  machine: typeof lifecycle = lifecycle,
): readonly Path[] {
  const paths = getSimplePaths(machine, {
    events: events as never,
    serializeState: ({ value, context }) => JSON.stringify([value, remember(context)]),
    serializeEvent: ({ type, exitCode }: PathEvent) => `${type} ${exitCode}`,
    toState: ({ status }) => status === 'done',
  })
  return paths.map(({ steps }) =>
    steps.slice(1).map(({ event, state }) => ({ event: event as PathEvent, to: pathOf(state.value) })),
  )
}

/** `draining.waiting` for `{ draining: 'waiting' }`. */
export function pathOf(value: unknown): string {
  if (typeof value === 'string') return value
  const [[state, child] = ['', '']] = Object.entries(value as object)
  return `${state}.${pathOf(child)}`
}

/** Why the kernel's own steps can never make this path happen; undefined when they can. */
export function impossible(path: Path): string | undefined {
  const at = (outcome: 'done' | 'error' | 'after', step: string) =>
    path.findIndex(({ event }) => is(event, outcome, step))
  if (at('error', 'waitUntilIdle') >= 0) return 'waiting for handlers never fails'
  if (at('error', 'releaseWork') >= 0) return 'giving work back never fails'
  if (path.some(({ to }) => to === 'starting.connecting')) return undefined
  const closing = path.findIndex(({ to }) => to === 'draining.closing')
  if (closing < 0 || is((path[closing + 1] as PathStep).event, 'done', 'closeAdapters')) return undefined
  return 'without a started adapter, closing takes no time and cannot fail'
}

/** Whether the stop of a path begins with a delay. */
export function isDelayed(path: Path): boolean {
  return path.some(({ to }) => to === 'leaving')
}

/** A path as people read it, for the message of a test that fails. */
export function describe(path: Path): string {
  return path.map(({ event, to }) => `${event.type.replace(/^xstate\./, '')} -> ${to}`).join('\n  ')
}
