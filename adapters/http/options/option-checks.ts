import { TomodachiError } from '../../../kernel/index.ts'

/** Throws `OPTION_INVALID` for an option of `http()`, or of something that it makes. */
export function invalidOption(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `http.${option}`, expected, actual })
}

/** The same for an option of `client()`, or of one of its calls. */
export function invalidClientOption(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `client.${option}`, expected, actual })
}

/** Throws `OPTION_INVALID` for what is left of an options object without all known options. Values might be secrets. */
export function rejectUnknown(of: string, unknown: object): void {
  for (const [option, value] of Object.entries(unknown))
    invalidOption(`${of}${option}`, 'left out, as there is no such option', typeof value)
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1_024,
  KB: 1_024,
  M: 1_024 ** 2,
  MB: 1_024 ** 2,
  G: 1_024 ** 3,
  GB: 1_024 ** 3,
}

/** A size in bytes, of the option with this full name. Throws `OPTION_INVALID`. */
export function bytesOf(option: string, size: number | string): number {
  const [, number = '', unit = ''] = /^(\d+) ?([KMG]?B?)$/i.exec(String(size)) ?? []
  const bytes = Number(number) * (units[unit.toUpperCase()] as number)
  if (number === '' || !(bytes >= 1)) {
    const expected = 'a number of bytes, or text such as 100MB or 512K'
    throw new TomodachiError('OPTION_INVALID', { option, expected, actual: size })
  }
  return bytes
}
