import { bytesIn, type Size, sizeExamples } from '../../envelopes/option.ts'
import { type OptionShape, optionShape } from './option-shape.ts'

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
  return optionShape(resolved, `a size${range}, such as ${sizeExamples}`, (value) => {
    const bytes = bytesIn(value)
    return bytes !== undefined && bytes >= lowest && bytes <= highest ? bytes : undefined
  })
}
