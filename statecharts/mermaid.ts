import { type Arrow, type Arrows, childrenOf, eventLabels, parentOf } from './chart/arrows.ts'
import type { ChartState } from './chart/chart.ts'

/** Options of `stateDiagram`; the defaults suit Mermaid itself. */
export interface DiagramOptions {
  /** Separates the events of one arrow. Default: ` / `. */
  readonly separator?: string
  /** Stands before the name of every active state. Default: nothing. */
  readonly marker?: string
  /**
   * Whether to declare every state first and then write all arrows in their order. By default the arrows stand in
   * the blocks of their states.
   */
  readonly arrowsLast?: boolean
}

/** Words that Mermaid 11 does not accept as the name of a state, in upper or lower case. */
const reserved = new Set(
  'state note class classdef style click default scale as acctitle accdescr root href'.split(' '),
)

/** States and arrows as a `stateDiagram-v2` of Mermaid, without notes and colours. Ends with a line feed. */
export function stateDiagram(
  states: readonly ChartState[],
  arrows: readonly Arrow[],
  { separator = ' / ', marker = '', arrowsLast = false }: DiagramOptions = {},
): string {
  const ids = stateIds(states)
  const idOf = (path: string) => ids.get(path) ?? path
  const arrowLine = ({ from, to, events }: Arrow) => {
    const label = eventLabels(events).map(escaped).join(separator)
    return `${idOf(from)} --> ${idOf(to)}${label === '' ? '' : ` : ${label}`}`
  }
  const isBetween = (parent: string, { from, to }: Arrow) =>
    parentOf(from) === parent && parentOf(to) === parent

  const block = (parent: string): string[] => {
    const children = childrenOf(states, parent)
    const within = arrowsLast ? [] : arrows.filter((arrow) => isBetween(parent, arrow))
    const isParallel = children.length > 1 && !children.some(({ initial }) => initial)
    return [
      ...children.flatMap((child, index) => [
        // Mermaid knows regions only inside a state; at the top level they need no line between them.
        ...(isParallel && parent !== '' && index > 0 ? ['--'] : []),
        ...declaration(child, within),
      ]),
      ...within.map(arrowLine),
      ...children.filter(({ type }) => type === 'final').map(({ path }) => `${idOf(path)} --> [*]`),
    ]
  }

  const declaration = (state: ChartState, within: readonly Arrow[]): string[] => {
    const id = idOf(state.path)
    const label = `${state.active ? marker : ''}${state.type === 'history' ? 'history' : nameOf(state.path)}`
    const title = label === id ? id : `"${escaped(label)}" as ${id}`
    const start = state.initial ? [`[*] --> ${id}`] : []
    const inner = block(state.path)
    if (inner.length > 0) return [...start, `state ${title} {`, ...inner.map(indented), '}']
    const isMentioned =
      state.initial ||
      state.type === 'final' ||
      within.some(({ from, to }) => from === state.path || to === state.path)
    const isDeclared = !isMentioned || label !== id || arrowsLast
    return isDeclared ? [`state "${escaped(label)}" as ${id}`, ...start] : start
  }

  // Mermaid puts a state into the first block that names it, so arrows that cross a border come last.
  const last = arrows.filter((arrow) => arrowsLast || !isBetween(parentOf(arrow.from), arrow)).map(arrowLine)
  return `${['stateDiagram-v2', ...[...block(''), ...last].map(indented)].join('\n')}\n`
}

/**
 * A chart as Mermaid text. A note at a state names what leads there from everywhere. Active states have the class
 * `active`.
 */
export function mermaid(states: readonly ChartState[], { arrows, everywhere }: Arrows): string {
  const ids = stateIds(states)
  const active = states.filter((state) => state.active).map(({ path }) => ids.get(path))
  const lines = [
    ...everywhere.map(
      ({ from, to, events }) =>
        `note right of ${ids.get(to)} : ${escaped(eventLabels(events).join(' / '))}, from ${everyStateOf(from)}`,
    ),
    ...(active.length === 0 ? [] : ['classDef active fill:#f59e0b44,stroke:#b45309,stroke-width:2px']),
    ...active.map((id) => `class ${id} active`),
  ]
  return stateDiagram(states, arrows) + lines.map((line) => `${indented(line)}\n`).join('')
}

/** How a picture names the states inside `path`: `every state`, or `every state of draining`. */
export function everyStateOf(path: string): string {
  return path === '' ? 'every state' : `every state of ${nameOf(path)}`
}

/**
 * Names by path that Mermaid accepts and that are unique in the whole chart: the state's own name wherever
 * possible.
 */
export function stateIds(states: readonly ChartState[]): ReadonlyMap<string, string> {
  const names = states.map(({ path }) => nameOf(path))
  return new Map(
    states.map(({ path }, index) => {
      const name = nameOf(path)
      const isPlain = /^[A-Za-z]\w*$/.test(name) && !reserved.has(name.toLowerCase())
      const isUnique = names.filter((other) => other === name).length === 1
      return [path, isPlain && isUnique ? name : `s${index}_${path.replaceAll(/\W/g, '_')}`]
    }),
  )
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

/** Mermaid ends a label at a colon or semicolon; entities are written `#number;`. */
function escaped(text: string): string {
  return text.replaceAll(/[#:;"<>]/g, (character) => `#${character.charCodeAt(0)};`).replaceAll(/\s+/g, ' ')
}

/** Undoes the entities, for a renderer that does not know them. */
export function unescaped(text: string): string {
  return text.replaceAll(/#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

function indented(line: string): string {
  return `  ${line}`
}
