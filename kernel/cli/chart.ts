import { choiceOf } from './arguments/choice.ts'

const formats = ['ascii', 'svg', 'mermaid', 'json'] as const

/** The lifecycle of a service, drawn. Throws OPTION_INVALID for an unknown format. */
export async function chart(format = 'ascii'): Promise<string> {
  const chosen = choiceOf('--format', format, formats)
  // Loaded here because the renderer takes longer to load than a service to start.
  const { draw, lifecycle } = await import('../../statecharts/index.ts')
  return draw(lifecycle, { format: chosen })
}
