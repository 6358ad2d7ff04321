import type { ShelfFaults } from './shelf-world.ts'

/** Ways in which a broker can be broken, each with laws that must notice. */
export const shelfFaults: Readonly<Record<string, readonly [ShelfFaults, laws: readonly string[]]>> = {
  'releases later than its close waits': [{ releasesLater: true }, ['C70']],
  'renews nothing': [{ renewsNothing: true }, ['C71']],
  'keeps the bytes of its publisher': [{ keepsBytes: true }, ['C72']],
  'keeps private queues': [{ keepsPrivateQueues: true }, ['C73']],
  'gives nothing back when a reader of dead letters is closed': [{ readerKeeps: true }, ['C74']],
  'counts twice what a reader holds': [{ countsTwice: true }, ['C75']],
  'counts no more what a reader has held': [{ forgetsToCount: true }, ['C75']],
  'takes messages after its stop': [{ neverStops: true }, ['C76']],
}
