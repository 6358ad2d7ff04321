import { data, publishWindow, sizeOf } from './contents.mjs'

/**
 * Publishes for so long. `publish` resolves when its message is confirmed. Returns messages per second, and
 * microseconds of processor time per message.
 */
export async function publishing(milliseconds, publish) {
  const endsAt = performance.now() + milliseconds
  const figures = stopwatch()
  let published = 0
  const inTurn = async () => {
    for (; performance.now() < endsAt; published++) await publish()
  }
  await Promise.all(Array.from({ length: publishWindow }, inTurn))
  return figures(published)
}

/**
 * Consumes so many messages, which wait in the queue. `consume` is given the handler, and resolves with how to stop.
 * Returns the same figures, from the first message to the last.
 */
export async function consuming(count, consume) {
  let figures
  let handled = 0
  let size = 0
  const { promise: all, resolve } = Promise.withResolvers()
  const stop = await consume((data) => {
    figures ??= stopwatch()
    handled++
    size += sizeOf(data)
    if (handled === count) resolve(figures(count - 1))
  })
  const result = await all
  await stop()
  if (handled !== count || size !== count * sizeOf(data)) throw new Error('messages came twice, or changed')
  return result
}

/**
 * Publishes for so long, each message when the last one has been confirmed and handled. Returns milliseconds from
 * `publish` to the handler.
 */
export async function latency(milliseconds, publish, consume) {
  let arrived
  const stop = await consume(() => arrived(performance.now()))
  const taken = []
  for (const endsAt = performance.now() + milliseconds; performance.now() < endsAt; ) {
    const { promise: arrival, resolve } = Promise.withResolvers()
    arrived = resolve
    const publishedAt = performance.now()
    const [arrivedAt] = await Promise.all([arrival, publish()])
    taken.push(arrivedAt - publishedAt)
  }
  await stop()
  taken.sort((one, other) => one - other)
  const quantile = (part) => taken[Math.floor(part * (taken.length - 1))]
  return { p50: quantile(0.5), p99: quantile(0.99) }
}

function stopwatch() {
  const startedAt = performance.now()
  const used = process.cpuUsage()
  return (messages) => {
    const seconds = (performance.now() - startedAt) / 1_000
    const { user, system } = process.cpuUsage(used)
    return { rate: messages / seconds, cpu: (user + system) / messages }
  }
}
