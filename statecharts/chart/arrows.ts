import type { Chart, ChartState, ChartTransition } from './chart.ts'

/** All transitions from one state to another, as one arrow. */
export interface Arrow {
  readonly from: string
  readonly to: string
  /** The triggers, with conditions, each once: `stop`, `go [ready]`. */
  readonly events: readonly string[]
}

/**
 * What a picture shows: arrows between states, and transitions that would hide more than they show if they were
 * arrows.
 */
export interface Arrows {
  readonly arrows: readonly Arrow[]
  /** Transitions that a state declares for everything inside it, such as `force`; `from` is that state, or empty. */
  readonly everywhere: readonly Arrow[]
}

/**
 * The arrows of a chart, with parallel ones merged. A transition that stays in its state has no arrow. An arrow
 * from inside a state to that state ends at its initial state, as the machine does.
 */
export function arrowsOf({ states, transitions }: Chart): Arrows {
  const merged = new Map<string, { from: string; to: string; events: string[] }>()
  for (const transition of transitions) {
    if (transition.to === undefined) continue
    const { from } = transition
    const to = isInside(from, transition.to)
      ? (initialsWithin(states, transition.to)[0] ?? transition.to)
      : transition.to
    const key = `${from} ${to}`
    const arrow = merged.get(key) ?? { from, to, events: [] }
    const event = labelOf(transition)
    if (!arrow.events.includes(event)) arrow.events.push(event)
    merged.set(key, arrow)
  }
  const all = [...merged.values()]
  const isEverywhere = ({ from, to }: Arrow) => isInside(to, from) || (from === to && !isLeaf(states, from))
  return { arrows: all.filter((arrow) => !isEverywhere(arrow)), everywhere: all.filter(isEverywhere) }
}

/**
 * The events of an arrow as a label. What two events of one actor have in common is said once: `closeAdapters done
 * or failed`.
 */
export function eventLabels(events: readonly string[]): string[] {
  const labels: string[] = []
  for (const event of events) {
    const actor = event.endsWith(' failed') ? event.slice(0, -' failed'.length) : undefined
    const done = labels.indexOf(`${actor} done`)
    if (done === -1) labels.push(event)
    else labels[done] = `${actor} done or failed`
  }
  return labels
}

/** Whether `path` lies inside `ancestor`. Everything lies inside the machine, whose path is empty. */
export function isInside(path: string, ancestor: string): boolean {
  return path !== ancestor && (ancestor === '' || path.startsWith(`${ancestor}.`))
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}

export function childrenOf(states: readonly ChartState[], parent: string): readonly ChartState[] {
  return states.filter(({ path }) => path !== '' && parentOf(path) === parent)
}

/** The innermost states that the machine is in after entering `path`: one, or one for each region of a parallel state. */
export function initialsWithin(states: readonly ChartState[], path: string): readonly string[] {
  const children = childrenOf(states, path)
  if (children.length === 0) return [path]
  const initial = children.filter((child) => child.initial)
  const entered = initial.length > 0 ? initial : children.filter(({ type }) => type !== 'history')
  return entered.flatMap((child) => initialsWithin(states, child.path))
}

export function isLeaf(states: readonly ChartState[], path: string): boolean {
  return !states.some((state) => isInside(state.path, path))
}

function labelOf({ event, guard }: ChartTransition): string {
  return guard === undefined ? event : `${event} [${guard}]`
}
