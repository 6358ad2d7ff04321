import { setTimeout as wait } from 'node:timers/promises'

const timers = 10_000
const hour = 3_600_000

/** Milliseconds of each timer: between one and ten seconds, mixed, or an hour and more for timers that only wait. */
export const periods = Array.from({ length: timers }, (_, index) =>
  process.argv[2] === 'idle' ? hour + index : 1_000 + ((index * 7_919) % 9_000),
)

/** Finer than `Date.now()`, and of the same epoch. */
export const now = () => performance.timeOrigin + performance.now()

let late = []
let behind = []

/** Notes by how many milliseconds a tick came after its time, and after the one that the plan has for it. */
export function ticked(lateBy, behindBy = lateBy) {
  late.push(lateBy)
  behind.push(behindBy)
}

/** What happened in so many milliseconds: quantiles of the lateness, and microseconds of processor time. */
export async function observe(milliseconds) {
  late = []
  behind = []
  const before = process.cpuUsage()
  const startedAt = performance.now()
  await wait(milliseconds)
  const { user, system } = process.cpuUsage(before)
  const sorted = late.toSorted((one, other) => one - other)
  return {
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    behind: quantile(
      behind.toSorted((one, other) => one - other),
      0.5,
    ),
    cpuPerTick: (user + system) / sorted.length,
    cpuPerSecond: ((user + system) / (performance.now() - startedAt)) * 1_000,
  }
}

function quantile(sorted, part) {
  return sorted[Math.floor((sorted.length - 1) * part)]
}
