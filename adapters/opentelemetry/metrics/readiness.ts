import type { RunningKernel } from '../../../kernel/adapter-kit.ts'
import { ownAttribute, ownMetric } from '../conventions/own-names.ts'
import type { Instruments } from './instruments.ts'

/** While a kernel is in one of these states, its adapters are to be ready. */
const expected = ['starting', 'started', 'leaving']

/** Tells which adapters of a kernel do not work, whenever the metrics are read. */
export function measureReadiness(kernel: RunningKernel, instruments: Instruments): void {
  instruments.levels(ownMetric.ADAPTERS_UNREADY, () => {
    // They have their names in the same order.
    const names = Object.keys(kernel.adapterContexts())
    const isExpected = expected.includes(kernel.state)
    return [...kernel.adapters()].map(({ ready = true }, place) => {
      const adapter = names[place] ?? ''
      return [adapter, isExpected && !ready ? 1 : 0, { [ownAttribute.ADAPTER]: adapter }]
    })
  })
}
