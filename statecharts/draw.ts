import { arrowsOf } from './arrows.ts'
import { ascii } from './ascii.ts'
import { type ActiveState, type Chart, chartOf } from './chart.ts'
import type { AnyMachine } from './contracts.ts'
import { mermaid } from './mermaid.ts'
import { svg } from './svg.ts'

/** `mermaid`: a `stateDiagram-v2`. `svg`: one picture. `ascii`: text with box characters. `json`: a `Chart`. */
export type ChartFormat = 'mermaid' | 'svg' | 'ascii' | 'json'

/** How a machine is to be drawn. */
export interface DrawOptions {
  /** Default: `mermaid`. */
  readonly format?: ChartFormat
  /** Where the machine is, to be marked in the picture. Default: nothing is marked. */
  readonly active?: ActiveState
}

const formats: Readonly<Record<ChartFormat, (chart: Chart) => string>> = {
  mermaid: (chart) => mermaid(chart.states, arrowsOf(chart)),
  svg: (chart) => svg(chart, arrowsOf(chart)),
  ascii: (chart) => ascii(chart, arrowsOf(chart)),
  json: (chart) => `${JSON.stringify(chart, undefined, 2)}\n`,
}

/**
 * Draws any XState machine. The text ends with a line feed. Transitions that stay where they are appear in `json` only.
 * Throws XState's error when `active` names a state that the machine does not have.
 */
export function draw(machine: AnyMachine, { format = 'mermaid', active }: DrawOptions = {}): string {
  return formats[format](chartOf(machine, active))
}
