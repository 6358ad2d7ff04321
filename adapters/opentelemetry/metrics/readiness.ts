import type { BatchObservableResult, ObservableGauge } from '@opentelemetry/api'
import type { RunningKernel } from '../../../kernel/adapter-kit.ts'
import { ownAttribute, ownMetric } from '../conventions/own-names.ts'
import type { Instruments } from './instruments.ts'

/** Which adapters of a kernel work, whenever the metrics are read. */
export class Readiness {
  readonly gauge: ObservableGauge
  readonly #kernel: RunningKernel | undefined

  constructor(instruments: Instruments, kernel: RunningKernel | undefined) {
    this.gauge = instruments.gauge(ownMetric.ADAPTER_READY)
    this.#kernel = kernel
  }

  observe(result: BatchObservableResult): void {
    const kernel = this.#kernel
    if (!kernel) return
    // They have their names in the same order.
    const names = Object.keys(kernel.adapterContexts())
    for (const [place, { ready = true }] of kernel.adapters().entries())
      result.observe(this.gauge, ready ? 1 : 0, { [ownAttribute.ADAPTER]: names[place] ?? '' })
  }
}
