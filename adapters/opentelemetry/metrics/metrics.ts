import type { BatchObservableCallback, Meter } from '@opentelemetry/api'
import type { RunningKernel } from '../../../kernel/adapter-kit.ts'
import type { Bus } from '../../../kernel/index.ts'
import { measureCalls } from './calls.ts'
import { measureDrain } from './drain.ts'
import { EventLoop } from './event-loop.ts'
import { measureHandlers } from './handlers.ts'
import { Instruments, type KeptExemplars } from './instruments.ts'
import { measurePublishes } from './publishes.ts'
import { measureReadiness } from './readiness.ts'
import { measureRequests } from './requests.ts'

/** How measuring is done. */
export interface MeasuringOptions {
  readonly meter: Meter
  /** Paths of requests that are not measured. */
  readonly excludedUrls: readonly RegExp[]
  /** The kernel of the bus. */
  readonly kernel: RunningKernel | undefined
  /** Undefined where nobody wants to see any. */
  readonly exemplars: KeptExemplars | undefined
}

/**
 * Measures what happens on the bus of a kernel, as long as there is the bus: other adapters may still be busy when this one
 * is closed. Returns what ends the rest: nothing is observed any more, and what was counted has been handed over.
 */
export function measure(bus: Bus, { meter, excludedUrls, kernel, exemplars }: MeasuringOptions): () => void {
  const instruments = new Instruments(meter, exemplars)
  measureRequests(bus, instruments, excludedUrls)
  measureCalls(bus, instruments)
  measurePublishes(bus, instruments)
  measureHandlers(bus, instruments)
  const drained = measureDrain(bus, instruments)
  const eventLoop = new EventLoop(instruments)
  if (kernel) measureReadiness(kernel, instruments)
  const read: BatchObservableCallback = (result) => {
    instruments.flush()
    eventLoop.observe(result)
  }
  const gauges = [...eventLoop.gauges]
  meter.addBatchObservableCallback(read, gauges)
  return () => {
    meter.removeBatchObservableCallback(read, gauges)
    eventLoop.close()
    drained()
    instruments.close()
  }
}
