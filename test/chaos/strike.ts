import { setTimeout as sleep } from 'node:timers/promises'
import { Census } from './census.ts'
import { type Fault, type FaultCounts, faultsOf } from './faults.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'

/** What strikes a fleet. */
export interface Plan<Kind extends string> {
  readonly messages: number
  readonly faults: FaultCounts<Kind>
  /** Most messages that may wait for consumers before more are published. Default: any number. */
  readonly backlog?: number
  /** Prepares a fault. Resolves with what has it strike at once, and resolves when it is over. */
  arm(fault: Fault<Kind>): Promise<() => Promise<void>>
  report(line: string): void
}

/** How long nothing may happen before what is missing counts as lost, in milliseconds. */
const patience = 45_000
/** How often the ledgers are looked at, in milliseconds. */
const interval = 20
/** How often it is said how far the run has come, in milliseconds. */
const progressEvery = 10_000

/**
 * Has the fleet publish a part of the messages for each fault, which strikes when half of that part is confirmed and
 * everything is under full load. Resolves when all messages have been confirmed and handled, or nothing happens any
 * more, and the fleet has ended in order.
 */
export async function strikeWhile<Kind extends string>(fleet: Fleet, plan: Plan<Kind>): Promise<void> {
  const { messages, faults, backlog = Number.POSITIVE_INFINITY, arm, report } = plan
  const order = faultsOf(faults)
  const part = messages / (order.length + 1)
  const begun = performance.now()
  const handled = new Census(fleet.handled, messages)
  await fleet.start()
  for (const [index, fault] of order.entries()) {
    const strike = await arm(fault)
    await allow((index + 1) * part)
    await until(() => countOf(fleet.confirmed) >= (index + 0.5) * part)
    progress(`fault ${index + 1} of ${order.length}: ${fault.kind}`)
    await strike()
  }
  await allow(messages)
  await until(() => countOf(fleet.confirmed) >= messages)
  // What comes again and again is nothing new.
  await until(
    () => handled.update().distinct >= messages,
    () => handled.distinct,
  )
  await fleet.stop()

  /** So many may be published, once few enough of those before wait. */
  async function allow(published: number): Promise<void> {
    await until(() => countOf(fleet.confirmed) - handled.update().distinct <= backlog)
    fleet.allow(published)
  }

  function progress(what: string): void {
    const seconds = Math.round((performance.now() - begun) / 1_000)
    report(
      `${seconds} s: ${countOf(fleet.confirmed)} of ${messages} confirmed, ${countOf(fleet.handled)} handled; ${what}`,
    )
  }

  /** Resolves when it is so, or when nothing has been confirmed or handled for too long. */
  async function until(
    isSo: () => boolean,
    counted = () => countOf([...fleet.confirmed, ...fleet.handled]),
  ): Promise<void> {
    let [count, since, said] = [0, performance.now(), performance.now()]
    while (!isSo()) {
      const now = performance.now()
      if (counted() !== count) [count, since] = [counted(), now]
      if (now - since > patience) return
      if (now - said > progressEvery) {
        said = now
        progress('going on')
      }
      await sleep(interval)
    }
  }
}

function countOf(ledgers: readonly Ledger[]): number {
  return ledgers.reduce((sum, { count }) => sum + count, 0)
}
