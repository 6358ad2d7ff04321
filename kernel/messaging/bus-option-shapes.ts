import { wholeNumber } from '../options/option-shapes.ts'

/** What the options have to be that every bus has. */
export const busOptionShapes = {
  publishWindow: wholeNumber(256, 1),
  publishQueue: wholeNumber(10_000, 0),
  publishTimeout: wholeNumber(30_000, 1),
  startTimeout: wholeNumber(4_000, 0),
  inspectionInterval: wholeNumber(30_000, 1),
}
