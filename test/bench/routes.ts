import { startServers } from './cpu.ts'
import type { Exchange } from './exchange.ts'
import { type Line, lineOf } from './line.ts'
import type { Pace } from './pace.ts'
import { measure } from './rounds.ts'

const counts = [10, 1_000, 10_000] as const
/** Different requests that are sent in turn. */
const requestCount = 1_000

/**
 * Processor time per request with few and with many routes, against fastify with as many and, as `flat`, against
 * ourselves with ten.
 */
export async function* routes(pace: Pace): AsyncGenerator<Line> {
  const samples = await measure(pace, () => startServers(Object.fromEntries(counts.flatMap(contenders))))
  const [fewest] = counts
  for (const count of counts) {
    const name = `${count.toLocaleString('en')} routes`
    yield lineOf(
      { bench: 'routes', case: name, unit: 'µs CPU/request', better: 'lower' },
      {
        ours: samples[`ours ${count}`] ?? [],
        fastify: samples[`fastify ${count}`] ?? [],
        ...(count === fewest ? {} : { flat: samples[`ours ${fewest}`] ?? [] }),
      },
    )
  }
}

function contenders(count: number) {
  const parameters = [String(count)]
  const exchanges = exchangesFor(count)
  return [
    [`fastify ${count}`, { file: 'routes/fastify.mjs', parameters, exchanges }],
    [`ours ${count}`, { file: 'routes/ours.mjs', parameters, exchanges }],
  ] as const
}

/** Requests for routes at random, of which every other one is static, and the others have a parameter. */
function exchangesFor(count: number): Exchange[] {
  return Array.from({ length: requestCount }, () => {
    const route = Math.floor(Math.random() * count)
    const hasParam = route % 2 === 1
    const key = String(Math.floor(Math.random() * 1_000))
    return {
      method: 'GET',
      path: hasParam ? `/resource-${route}/${key}` : `/resource-${route}/list`,
      status: 200,
      contentType: 'text/plain; charset=utf-8',
      answer: hasParam ? `${route} ${key}` : `${route} list`,
    }
  })
}
