import { TomodachiError } from '../../../kernel/index.ts'

/** The variable of this library goes before that of all instrumentations. */
const variables = ['OTEL_NODE_TOMODACHI_EXCLUDED_URLS', 'OTEL_NODE_EXCLUDED_URLS'] as const

/** The patterns that the environment names: regular expressions, separated by commas. Throws `OPTION_INVALID`. */
export function excludedByEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly RegExp[] {
  const variable = variables.find((name) => environment[name] !== undefined)
  if (!variable) return []
  const text = environment[variable] as string
  const patterns = text.split(',').map((pattern) => pattern.trim())
  return patterns.filter((pattern) => pattern !== '').map((pattern) => patternOf(variable, pattern))
}

function patternOf(variable: string, pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch {
    const expected = 'regular expressions, separated by commas'
    throw new TomodachiError('OPTION_INVALID', { option: variable, expected, actual: pattern })
  }
}

/** Whether a path matches one of the patterns. */
export function isExcluded(patterns: readonly RegExp[], path: string): boolean {
  return patterns.some((pattern) => {
    // A pattern with the flag g or y goes on where it has ended last.
    pattern.lastIndex = 0
    return pattern.test(path)
  })
}
