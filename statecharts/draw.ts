import { ascii } from './ascii.ts'
import { arrowsOf } from './chart/arrows.ts'
import { type ActiveState, type Chart, chartOf } from './chart/chart.ts'
import type { AnyMachine } from './chart/machine.ts'
import { mermaid } from './mermaid.ts'
import { type Render, rendered } from './renderer.ts'
import { svg } from './svg.ts'

/** `mermaid`: a `stateDiagram-v2`. `svg`: one picture. `ascii`: text with box characters. `json`: a `Chart`. */
export type ChartFormat = 'mermaid' | 'svg' | 'ascii' | 'json'

/** Options of `draw`. */
export interface DrawOptions {
  /** Default: `mermaid`. */
  readonly format?: ChartFormat
  /** The state to mark in the picture. Default: none. */
  readonly active?: ActiveState
}

const formats: Readonly<Record<ChartFormat, (chart: Chart, render: Render) => string>> = {
  mermaid: (chart) => mermaid(chart.states, arrowsOf(chart)),
  svg: (chart, render) => svg(chart, arrowsOf(chart), render),
  ascii: (chart, render) => ascii(chart, arrowsOf(chart), render),
  json: (chart) => `${JSON.stringify(chart, undefined, 2)}\n`,
}

/**
 * Draws any XState machine. The text ends with a line feed. Transitions that stay in their state appear in `json`
 * only.
 *
 * `mermaid` and `json` need nothing else. Neither do pictures of our own machines, which are made when this package
 * is built. For `svg` and `ascii` of other machines, install the optional peer `beautiful-mermaid`.
 *
 * Throws XState's error when `active` names a state that the machine does not have, and an error with the code
 * `PACKAGE_MISSING`, which says what to install, when `beautiful-mermaid` is needed but not installed.
 */
export function draw(machine: AnyMachine, { format = 'mermaid', active }: DrawOptions = {}): string {
  return drawn(chartOf(machine, active), format, rendered)
}

/** Draws a chart; `render` makes the pictures. */
export function drawn(chart: Chart, format: ChartFormat, render: Render): string {
  return formats[format](chart, render)
}
