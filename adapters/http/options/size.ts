import { TomodachiError } from '../../../kernel/index.ts'

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
