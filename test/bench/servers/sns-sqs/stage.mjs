import { setTimeout as sleep } from 'node:timers/promises'
import { ageOf, dataNow, publishWindow } from './contents.mjs'

/** Longest wait for messages that have been published, in milliseconds. */
const patience = 20_000
const kinds = { publish: /^Publish/, receive: /^Receive/, delete: /^Delete/, all: /^/ }

let calls = {}
let ages = []
let settledCount = 0
let wanted = 0
let allSettled = () => {}

/** Counts a call of the API, by its name. */
export function called(operation) {
  calls[operation] = (calls[operation] ?? 0) + 1
}

/** Handles a message. */
export function handler({ data }) {
  ages.push(ageOf(data))
}

/** Counts a message that has been handled and deleted. */
export function settled() {
  settledCount++
  if (settledCount === wanted) allSettled()
}

/**
 * What a client can be asked to do for some milliseconds, from end to end: until each message is published, handled and
 * deleted. Returns messages and microseconds of processor time per second and per message, calls of the API
 * per message, and quantiles of the time from `publish` to the handler.
 *
 * @param {(data: string) => Promise<void>} publish resolves when the message is confirmed
 */
export function tasks(publish) {
  return {
    full: (milliseconds) => observe(() => publishAtFullSpeed(milliseconds, publish)),
    steady: ({ milliseconds, rate }) => observe(() => publishSteadily(milliseconds, rate, publish)),
  }
}

async function observe(publishing) {
  calls = {}
  ages = []
  settledCount = 0
  wanted = Number.NaN
  const startedAt = performance.now()
  const used = process.cpuUsage()
  const published = await publishing()
  await untilSettled(published)
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(used)
  if (ages.length !== published) throw new Error(`${published} were published and ${ages.length} handled`)
  ages.sort((one, other) => one - other)
  const quantile = (part) => ages[Math.floor(part * (ages.length - 1))]
  return {
    rate: published / seconds,
    cpu: (user + system) / published,
    p50: quantile(0.5),
    p99: quantile(0.99),
    ...Object.fromEntries(Object.entries(kinds).map(([kind, name]) => [kind, callsOf(name) / published])),
  }
}

function callsOf(name) {
  const counted = Object.entries(calls).filter(([operation]) => name.test(operation))
  return counted.reduce((sum, [, count]) => sum + count, 0)
}

async function untilSettled(published) {
  wanted = published
  if (settledCount === published) return
  const { promise, resolve, reject } = Promise.withResolvers()
  allSettled = resolve
  const missing = () => reject(new Error(`${published - settledCount} of ${published} do not arrive`))
  const timer = setTimeout(missing, patience)
  await promise
  clearTimeout(timer)
}

async function publishAtFullSpeed(milliseconds, publish) {
  const endsAt = performance.now() + milliseconds
  let published = 0
  const inTurn = async () => {
    for (; performance.now() < endsAt; published++) await publish(dataNow())
  }
  await Promise.all(Array.from({ length: publishWindow }, inTurn))
  return published
}

async function publishSteadily(milliseconds, rate, publish) {
  const startedAt = performance.now()
  const confirms = []
  for (let elapsed = 0; elapsed < milliseconds; elapsed = performance.now() - startedAt) {
    for (const due = (elapsed * rate) / 1_000; confirms.length < due; ) confirms.push(publish(dataNow()))
    await sleep(1)
  }
  await Promise.all(confirms)
  return confirms.length
}
