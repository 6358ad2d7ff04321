import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { readableEvent } from './event-name.ts'
import type { AnyMachine, StateValue } from './machine.ts'

/** One state of a chart. Optional keys are absent, never false. */
export interface ChartState {
  /** The names of the states from the outermost to this one, joined by dots: `draining.waiting`. */
  readonly path: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  /** True if its parent starts in it. */
  readonly initial?: true
  /** True if the machine is in it. */
  readonly active?: true
}

/** One way out of a state. */
export interface ChartTransition {
  /** Path of the state that declares it; empty when the machine itself does, so that it applies in every state. */
  readonly from: string
  /** Path of the state that it enters; absent when the machine stays where it is. */
  readonly to?: string
  /**
   * What triggers it: an event by its name, `any event`, `always`, `after drainDeadline` or `after 1.5 s`,
   * `closeAdapters done` or `closeAdapters failed` for an invoked actor, `done` for a nested final state.
   */
  readonly event: string
  /** The condition, by name; combined ones as calls: `and(ready, not(busy))`. */
  readonly guard?: string
}

/** A machine as plain data: states depth first in the order in which they are declared, then transitions likewise. */
export interface Chart {
  readonly id: string
  readonly states: readonly ChartState[]
  readonly transitions: readonly ChartTransition[]
}

/** The state of a machine: a state value, or a snapshot of an actor that runs it. */
export type ActiveState = StateValue | { readonly status: string; readonly value: StateValue }

type Transition = AnyStateNode['always'] extends readonly (infer T)[] | undefined ? T : never

/** Reads a machine as data. Throws XState's error when `active` names a state that the machine does not have. */
export function chartOf(drawn: AnyMachine, active?: ActiveState): Chart {
  const machine = drawn as AnyStateMachine
  const nodes = descendants(machine.root)
  const activePaths = new Set(active === undefined ? [] : pathsOf(resolved(machine, stateValueOf(active))))
  return {
    id: machine.id,
    states: nodes.map((node) => ({
      path: pathOf(node),
      type: node.type,
      ...(isInitial(node) && { initial: true as const }),
      ...(activePaths.has(pathOf(node)) && { active: true as const }),
    })),
    transitions: [machine.root as AnyStateNode, ...nodes].flatMap(transitionsOf),
  }
}

function stateValueOf(active: ActiveState): StateValue {
  return typeof active === 'object' && 'status' in active && 'value' in active
    ? (active.value as StateValue)
    : active
}

/** Adds the initial states where the value names none. */
function resolved(machine: AnyStateMachine, value: StateValue): StateValue {
  return machine.resolveState({ value, context: {} }).value
}

function pathsOf(value: StateValue, prefix = ''): string[] {
  if (typeof value === 'string') return [prefix + value]
  return Object.entries(value).flatMap(([key, inner]) => [
    prefix + key,
    ...(inner === undefined ? [] : pathsOf(inner, `${prefix}${key}.`)),
  ])
}

function descendants(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states as Record<string, AnyStateNode>).flatMap((child) => [
    child,
    ...descendants(child),
  ])
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.')
}

function isInitial(node: AnyStateNode): boolean {
  const { parent } = node
  if (parent?.type !== 'compound') return false
  const targets: readonly AnyStateNode[] = parent.initial.target ?? []
  return targets.some((target) => target.path[parent.path.length] === node.key)
}

function transitionsOf(node: AnyStateNode): ChartTransition[] {
  const transitions: Transition[] = [...[...node.transitions.values()].flat(), ...(node.always ?? [])]
  return transitions.flatMap((transition) => {
    const common = {
      event: eventName(node, transition),
      ...(transition.guard !== undefined && { guard: guardName(transition.guard) }),
    }
    const targets: readonly AnyStateNode[] = transition.target ?? []
    if (targets.length === 0) return [{ from: pathOf(node), ...common }]
    return targets.map((target) => ({ from: pathOf(node), to: pathOf(target), ...common }))
  })
}

function eventName(node: AnyStateNode, transition: Transition): string {
  const { eventType } = transition
  const delay = (transition as { readonly delay?: unknown }).delay
  if (delay !== undefined) return `after ${durationOf(delay)}`
  if (eventType === '') return 'always'
  if (eventType === '*') return 'any event'
  if (eventType.startsWith('xstate.done.state.')) return 'done'
  const invokes: readonly { readonly id: string; readonly src: unknown }[] = node.invoke
  for (const [index, { id, src }] of invokes.entries()) {
    if (!eventType.endsWith(`.actor.${id}`)) continue
    const name = id === `${index}.${node.id}` ? sourceName(src) : id
    return eventType.startsWith('xstate.snapshot.')
      ? `${name} changed`
      : readableEvent(eventType.slice(0, -id.length) + name)
  }
  return readableEvent(eventType)
}

/** XState names an actor that was defined in place after its position; such an actor has no name of its own. */
function sourceName(source: unknown): string {
  return typeof source === 'string' && !source.startsWith('xstate.invoke.') ? source : 'actor'
}

function durationOf(delay: unknown): string {
  if (typeof delay !== 'number') return String(delay)
  return delay < 1000 ? `${delay} ms` : `${delay / 1000} s`
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard
  const { type, name, guards } = guard as { type?: string; name?: string; guards?: readonly unknown[] }
  if (guards !== undefined) return `${name}(${guards.map(guardName).join(', ')})`
  return type ?? (name || 'guard')
}
