import { TomodachiError } from '../../index.ts'

/** The name that the value means, in upper or lower case. Throws OPTION_INVALID, which lists the names. */
export function choiceOf<const Name extends string>(
  option: string,
  value: string,
  names: readonly Name[],
): Name {
  const chosen = names.find((name) => name === value.trim().toLowerCase())
  if (chosen !== undefined) return chosen
  const expected = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual: value })
}
