import { type Arrow, type Arrows, eventLabels, isLeaf } from './chart/arrows.ts'
import type { Chart, ChartState } from './chart/chart.ts'
import { keepsNesting } from './chart/grid.ts'
import { leafArrows, type SpineArrow, spineOf } from './chart/spine.ts'
import { everyStateOf, nameOf, stateDiagram, unescaped } from './mermaid.ts'
import type { Render } from './renderer.ts'

/**
 * A chart as text for a terminal. The picture shows how to get from the start to every state, and each arrow
 * carries one event. Everything else is listed below it. Active states carry the mark `▶`. Where the renderer would
 * draw a foreign state into a box, there are no boxes, and each state is named by its whole path.
 */
export function ascii({ states }: Chart, { arrows, everywhere }: Arrows, render: Render): string {
  const spine = spineOf(states, arrows)
  const drawn = leafArrows(states, spine)
  const isNested = keepsNesting(states, drawn)
  const names = states.map(({ path }) => nameOf(path))
  const isPlain = (name: string) => isNested && names.indexOf(name) === names.lastIndexOf(name)
  const nameIn = (path: string) => (isPlain(nameOf(path)) ? nameOf(path) : path)
  const others = [
    ...everywhere.map(({ from, to, events }) => [`${everyStateOf(from)} → ${nameIn(to)}`, events] as const),
    ...arrows.map((arrow) => [`${nameIn(arrow.from)} → ${nameIn(arrow.to)}`, unsaid(arrow, spine)] as const),
  ].filter(([, events]) => events.length > 0)
  const picture = isNested
    ? linesOf(diagramOf(states, drawn), boxDepth(states), render)
    : linesOf(flatDiagramOf(states, drawn), 0, render)
  return [...picture, ...(others.length === 0 ? [] : ['', 'Also:', ...aligned(others)]), ''].join('\n')
}

function diagramOf(states: readonly ChartState[], arrows: readonly Arrow[]): string {
  // Start and end are left out, because the renderer would make a box of each, like a state's.
  const plain = states.map(({ path, type, active }) => ({
    path,
    type: type === 'final' ? 'atomic' : type,
    ...(active && { active }),
  }))
  return stateDiagram(plain, arrows, { marker: '▶ ', arrowsLast: true })
}

function flatDiagramOf(states: readonly ChartState[], arrows: readonly Arrow[]): string {
  const flat = (path: string) => path.replaceAll('.', '\u00b7')
  return diagramOf(
    states.filter(({ path }) => isLeaf(states, path)).map((state) => ({ ...state, path: flat(state.path) })),
    arrows.map(({ from, to, events }) => ({ from: flat(from), to: flat(to), events })),
  ).replaceAll('\u00b7', '.')
}

function unsaid(arrow: Arrow, spine: readonly SpineArrow[]): readonly string[] {
  const said = spine.find((other) => other.arrow === arrow)?.event
  return arrow.events.filter((event) => event !== said)
}

/** How many boxes surround the most deeply nested state. */
function boxDepth(states: readonly ChartState[]): number {
  return Math.max(0, ...states.map(({ path }) => path.split('.').length - 1))
}

function linesOf(diagram: string, depth: number, render: Render): string[] {
  // The arrow would show through a blank in a label.
  const unbroken = unescaped(diagram).replaceAll(
    / : .+/g,
    (label) => ` : ${label.slice(3).replaceAll(' ', '\u00a0')}`,
  )
  // Room for the borders of the boxes between two states and for a label in the middle: an odd number of lines.
  const room = 4 * Math.max(1, depth)
  const options = { colorMode: 'none', paddingX: room, paddingY: room - 1, boxBorderPadding: 0 }
  return render({ format: 'ascii', text: unbroken, options })
    .trimEnd()
    .split('\n')
    .map((line) => line.replaceAll('\u00a0', ' ').trimEnd())
}

function aligned(rows: readonly (readonly [string, readonly string[]])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length))
  return rows.map(([first, events]) => `  ${first.padEnd(width)}  ${eventLabels(events).join(' / ')}`)
}
