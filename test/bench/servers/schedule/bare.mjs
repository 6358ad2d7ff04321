import { report } from '../report.mjs'
import { now, observe, periods, ticked } from './lateness.mjs'

for (const period of periods) {
  let expected = now() + period
  let planned = expected
  setInterval(() => {
    const moment = now()
    ticked(moment - expected, moment - planned)
    // `setInterval` counts from the last call on: only that is held against it as lateness.
    expected = moment + period
    planned += period
  }, period)
}

report({}, { observe })
