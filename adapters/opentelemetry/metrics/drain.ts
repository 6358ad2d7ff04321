import type { Bus } from '../../../kernel/index.ts'
import { ownAttribute, ownMetric } from '../conventions/own-names.ts'
import type { Instruments } from './instruments.ts'

/** Measures how long a stop has waited for work. Returns what is to be called when adapters are closed: that is its end. */
export function measureDrain(bus: Bus, instruments: Instruments): () => void {
  const duration = instruments.histogram(ownMetric.DRAIN_DURATION)
  let stoppingAt: number | undefined
  let outcome = 'finished'
  bus.on('lifecycle', ({ to }) => {
    if (to === 'leaving' || to === 'stopping') stoppingAt ??= performance.now()
    if (to === 'draining.releasing') outcome = 'abandoned'
  })
  return () => {
    if (stoppingAt === undefined) return
    duration.record(performance.now() - stoppingAt, { [ownAttribute.DRAIN_OUTCOME]: outcome })
    stoppingAt = undefined
  }
}
