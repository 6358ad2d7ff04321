import { type Clock, systemClock } from '../clock.ts'
import type { OptionShape } from './option-shape.ts'
import { objectWith } from './option-shapes.ts'

/** A clock; that of the system where none is given. */
export function clockOption(): OptionShape<Clock> {
  const shape = objectWith<Clock>(['now', 'setTimeout', 'clearTimeout'], 'a clock, such as manualClock()')
  return { ...(shape as OptionShape<Clock>), standard: systemClock }
}
