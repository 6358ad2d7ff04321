import { type Arrow, initialsWithin, isInside, isLeaf } from './arrows.ts'
import type { ChartState } from './chart.ts'

/** An arrow of the picture for a terminal, with its one event. */
export interface SpineArrow {
  readonly arrow: Arrow
  readonly event: string
}

/**
 * The arrows that lead a reader from the start to every state: the main way out of each state, and one way to each
 * state that no main way leads to. None leads back, so all can be drawn downwards. The main way is the transition
 * when a state's actor is done, or else the first that is declared. Main ways come first.
 */
export function spineOf(states: readonly ChartState[], arrows: readonly Arrow[]): readonly SpineArrow[] {
  const taken = new Set<Arrow>()
  const visited = new Set<string>()
  const leadsBack = (arrow: Arrow) => closesCycle(states, taken, arrow)
  const take = (arrow: Arrow) => {
    taken.add(arrow)
    for (const path of initialsWithin(states, arrow.to)) visit(path)
  }
  const visit = (path: string) => {
    if (visited.has(path)) return
    visited.add(path)
    const ways = arrows.filter((arrow) => arrow.from === path && !leadsBack(arrow))
    const main = ways.find(({ events }) => events.some(isDone)) ?? ways[0]
    if (main !== undefined) take(main)
  }
  const isNew = (arrow: Arrow) =>
    states.some(({ path }) => isSameOrInside(path, arrow.from) && visited.has(path)) &&
    initialsWithin(states, arrow.to).some((path) => !visited.has(path)) &&
    !leadsBack(arrow)

  for (const path of initialsWithin(states, '')) visit(path)
  for (let next = arrows.find(isNew); next !== undefined; next = arrows.find(isNew)) take(next)
  return [...taken].map((arrow) => ({ arrow, event: arrow.events.find(isDone) ?? arrow.events[0] ?? '' }))
}

/**
 * The arrows that lead back to a state that a reader of the spine has already seen. Without them there are no
 * cycles.
 */
export function backArrowsOf(states: readonly ChartState[], arrows: readonly Arrow[]): ReadonlySet<Arrow> {
  const forward = new Set(spineOf(states, arrows).map(({ arrow }) => arrow))
  const back = new Set<Arrow>()
  for (const arrow of arrows) {
    if (forward.has(arrow)) continue
    if (closesCycle(states, forward, arrow)) back.add(arrow)
    else forward.add(arrow)
  }
  return back
}

function closesCycle(
  states: readonly ChartState[],
  arrows: ReadonlySet<Arrow>,
  { from, to }: Arrow,
): boolean {
  const seen = new Set<string>()
  const reaches = (path: string): boolean => {
    if (isSameOrInside(path, from)) return true
    if (seen.has(path)) return false
    seen.add(path)
    return [...arrows]
      .filter((arrow) => isSameOrInside(path, arrow.from))
      .some((arrow) => initialsWithin(states, arrow.to).some(reaches))
  }
  return initialsWithin(states, to).some(reaches)
}

/**
 * The spine between innermost states, since the renderer draws no arrow at a box that holds others. An arrow from such
 * a box starts at the last state in it and names the box; a fork is labelled once.
 */
export function leafArrows(states: readonly ChartState[], spine: readonly SpineArrow[]): readonly Arrow[] {
  return spine.flatMap(({ arrow: { from, to }, event }) => {
    const last = states.findLast(({ path }) => isSameOrInside(path, from))?.path ?? from
    const label = isLeaf(states, from) ? event : `${from.slice(from.lastIndexOf('.') + 1)}: ${event}`
    return initialsWithin(states, to).map((target, index) => ({
      from: last,
      to: target,
      events: index === 0 ? [label] : [],
    }))
  })
}

function isSameOrInside(path: string, ancestor: string): boolean {
  return path === ancestor || isInside(path, ancestor)
}

function isDone(event: string): boolean {
  return event.endsWith(' done')
}
