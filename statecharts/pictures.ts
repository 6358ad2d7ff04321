import { chartOf } from './chart/chart.ts'
import type { StateValue } from './chart/machine.ts'
import { connection } from './connection.ts'
import { consumer } from './consumer.ts'
import { drawn } from './draw.ts'
import { lifecycle } from './lifecycle.ts'
import { keyOf, type Pictures, type Render, render } from './renderer.ts'
import { worker } from './worker.ts'

/**
 * What `npm run build` writes to pictures.json: every picture of our own machines, in each state that they can be in, so that
 * these are drawn without the renderer.
 */
export function pictures(): Pictures {
  const made: Record<string, string> = {}
  const record: Render = (diagram) => {
    const key = keyOf(diagram)
    made[key] ??= render(diagram)
    return made[key]
  }
  for (const machine of [lifecycle, connection, consumer, worker]) {
    const chart = chartOf(machine)
    drawn(chart, 'svg', record)
    drawn(chart, 'ascii', record)
    for (const { path } of chart.states) {
      const value = path.split('.').reduceRight<StateValue>((inner, key) => ({ [key]: inner }), {})
      drawn(chartOf(machine, value), 'ascii', record)
    }
  }
  return made
}
