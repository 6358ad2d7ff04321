import { choiceOf } from './arguments/choice.ts'

const formats = ['ascii', 'svg', 'mermaid', 'json'] as const

const machines = ['lifecycle', 'connection', 'consumer', 'worker'] as const

/** Draws one of our machines. Throws OPTION_INVALID for an unknown format or machine. */
export async function chart(format = 'ascii', machine = 'lifecycle'): Promise<string> {
  const chosen = { format: choiceOf('--format', format, formats) }
  const name = choiceOf('--machine', machine, machines)
  const charts = await import('../../statecharts/index.ts')
  return charts.draw(charts[name], chosen)
}
