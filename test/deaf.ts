// A consumer that hears nothing: when readiness says so, and that it comes back.
import type { Kernel } from 'tomodachi'
import * as assert from 'uvu/assert'
import { until } from './until.ts'

/** A busy machine may be so late, in milliseconds. */
const slack = 10_000

/** What makes a consumer deaf, and what is said of it. */
export interface Deafness {
  /** Makes it deaf. */
  deafen(): unknown
  /** Makes good what it has done. */
  repair(): unknown
  /** How long it may take until readiness is false, in milliseconds. */
  within: number
  /** What does not work, and why. */
  part: string
  reason: RegExp
}

/** Readiness turns false within the stated time, with what is wrong and since when, and true again after the repair. */
export async function turnsUnready(
  kernel: Kernel,
  { deafen, repair, within, part, reason }: Deafness,
): Promise<void> {
  await until(() => kernel.ready, 'it is ready at first')
  const [begun, from] = [performance.now(), Date.now()]
  await deafen()
  await until(() => !kernel.ready, 'it is not ready')
  const took = performance.now() - begun
  assert.ok(took < within + slack, `readiness was false after ${took} ms`)
  const [problem, ...others] = kernel.problems
  assert.equal(others, [])
  assert.is(problem?.part, part)
  assert.match(problem?.reason ?? '', reason)
  const since = problem?.since.getTime() ?? 0
  assert.ok(since >= from - within && since <= Date.now(), `since ${problem?.since.toISOString()}`)
  await repair()
  await until(() => kernel.ready, 'it is ready again')
  assert.equal(kernel.problems, [])
}
