import type { Format } from '../../envelopes/index.ts'
import type { OptionShape } from './option-shape.ts'
import { objectWith } from './option-shapes.ts'

/** A wire format. */
export function formatOption(): OptionShape<Format | undefined> {
  return objectWith<Format>(['build', 'parse'], 'a wire format, such as jsonBase()')
}
