import { choiceOf } from './arguments/choice.ts'

const formats = ['ascii', 'svg', 'mermaid', 'json'] as const

/** The lifecycle of a service, drawn. Throws OPTION_INVALID for an unknown format. */
export async function chart(format = 'ascii'): Promise<string> {
  const chosen = choiceOf('--format', format, formats)
  const { draw, lifecycle } = await import('../../statecharts/index.ts')
  return draw(lifecycle, { format: chosen })
}
