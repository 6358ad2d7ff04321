import { type Arrow, isInside, isLeaf, parentOf } from './arrows.ts'
import type { ChartState } from './chart.ts'

interface Cell {
  readonly row: number
  readonly column: number
}

/**
 * Whether the renderer's grid keeps the contents of each state that holds others apart from everything else. The
 * renderer puts a state one row below the first state that leads to it, in the next free column, without regard to
 * nesting, and then draws a box around states that belong together. A foreign state in between would seem to belong
 * too.
 */
export function keepsNesting(states: readonly ChartState[], arrows: readonly Arrow[]): boolean {
  const cells = place(
    states.filter(({ path }) => isLeaf(states, path)).map(({ path }) => path),
    arrows,
  )
  if (cells === undefined) return false
  const boxes = states.filter(({ path }) => !isLeaf(states, path)).map(({ path }) => path)
  const area = (path: string) =>
    areaOf([...cells].filter(([leaf]) => isInside(leaf, path)).map(([, cell]) => cell))
  return boxes.every((box) =>
    [...cells.keys(), ...boxes].every((other) => {
      if (other === box || isInside(other, box) || isInside(box, other)) return true
      const cell = cells.get(other)
      return !overlap(area(box), cell === undefined ? area(other) : areaOf([cell]))
    }),
  )
}

/** The place of each state; undefined when the renderer would find none for some state. */
function place(leaves: readonly string[], arrows: readonly Arrow[]): ReadonlyMap<string, Cell> | undefined {
  const cells = new Map<string, Cell>()
  const free: number[] = []
  const put = (leaf: string, row: number) => {
    let column = free[row] ?? 0
    free[row] = column + 1
    const isTaken = () => [...cells.values()].some((cell) => cell.row === row && cell.column === column)
    while (isTaken()) column += 1
    cells.set(leaf, { row, column })
  }
  const targets = (leaf: string) => arrows.filter(({ from }) => from === leaf).map(({ to }) => to)

  const led = new Set<string>()
  for (const leaf of leaves) {
    const isEnteredFromOutside = arrows.some(
      ({ from, to }) => to === leaf && parentOf(leaf) !== '' && parentOf(from) !== parentOf(leaf),
    )
    if (!led.has(leaf) && !isEnteredFromOutside) put(leaf, 0)
    for (const target of targets(leaf)) led.add(target)
  }
  for (let before = -1; before < cells.size; ) {
    before = cells.size
    for (const leaf of leaves) {
      const cell = cells.get(leaf)
      if (cell === undefined) continue
      for (const target of targets(leaf)) if (!cells.has(target)) put(target, cell.row + 1)
    }
  }
  return cells.size === leaves.length ? cells : undefined
}

interface Area {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

function areaOf(cells: readonly Cell[]): Area {
  const rows = cells.map(({ row }) => row)
  const columns = cells.map(({ column }) => column)
  return {
    top: Math.min(...rows),
    bottom: Math.max(...rows),
    left: Math.min(...columns),
    right: Math.max(...columns),
  }
}

function overlap(one: Area, other: Area): boolean {
  return (
    one.top <= other.bottom && other.top <= one.bottom && one.left <= other.right && other.left <= one.right
  )
}
