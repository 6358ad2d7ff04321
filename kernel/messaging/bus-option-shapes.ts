import type { Format } from '../../envelopes/index.ts'
import { duration } from '../options/duration.ts'
import { objectWith, wholeNumber } from '../options/option-shapes.ts'

/** What the options have to be that every bus has, beside its name. */
export const busOptionShapes = {
  envelope: formatOption(),
  publishWindow: wholeNumber(256, 1),
  publishQueue: wholeNumber(10_000, 0),
  publishTimeout: duration('30s', { least: 1 }),
  startTimeout: duration('4s'),
  inspectionInterval: duration('30s', { least: 1 }),
}

/** A wire format. */
export function formatOption() {
  return objectWith<Format>(['build', 'parse'], 'a wire format, such as jsonBase()')
}
