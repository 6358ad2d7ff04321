import { type OptionShape, optionShape } from './option-shape.ts'

/** A size: a number of bytes, or text with a unit of 1,024 bytes to the kilobyte, such as `'512KB'` or `'100MB'`. */
export type Size = number | `${number}${'B' | 'K' | 'KB' | 'M' | 'MB' | 'G' | 'GB'}`

const units: Readonly<Record<string, number>> = { B: 1, K: 1_024, M: 1_024 ** 2, G: 1_024 ** 3 }

/** A size in bytes; undefined where it is not one of at least one byte. */
export function bytesIn(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? value : undefined
  const [, count, unit = 'B'] = /^(\d+(?:\.\d+)?) ?(?:([KMG])B?|B)$/i.exec(String(value)) ?? []
  const bytes = Number(count) * (units[unit.toUpperCase()] as number)
  return typeof value === 'string' && Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}

/** A size of at least `least` bytes, which is in bytes once it is resolved. */
export function size<Standard extends Size | undefined>(
  standard: Standard,
  { least = 1, most = Number.MAX_SAFE_INTEGER }: { readonly least?: Size; readonly most?: Size } = {},
): OptionShape<number | Extract<Standard, undefined>> {
  const [lowest, highest] = [bytesIn(least) as number, bytesIn(most) as number]
  const range = [
    ...(lowest === 1 ? [] : [` of at least ${least}`]),
    ...(highest === Number.MAX_SAFE_INTEGER ? [] : [` of at most ${most}`]),
  ].join(' and')
  const resolved = (standard === undefined ? undefined : bytesIn(standard)) as
    | number
    | Extract<Standard, undefined>
  return optionShape(resolved, `a size${range}, such as 1024 (bytes), "512KB" or "100MB"`, (value) => {
    const bytes = bytesIn(value)
    return bytes !== undefined && bytes >= lowest && bytes <= highest ? bytes : undefined
  })
}
