import { redactText } from '../secrets/redact.ts'
import { isSecretName } from '../secrets/secret-names.ts'

/** Programs have few names of fields, but data from outside may have any number. */
const mostNames = 1_000
const longestName = 64

const plainNames = new Set<string>()

/** Whether a name is not that of a secret, and holds none. The answer for short names is kept: records repeat them. */
export function isPlainName(name: string): boolean {
  if (plainNames.has(name)) return true
  if (isSecretName(name) || redactText(name) !== name) return false
  if (plainNames.size < mostNames && name.length <= longestName) plainNames.add(name)
  return true
}
