/**
 * Runs with faults: `npm run chaos -- NAME [--json] [--short] [--messages NUMBER] [--faults NUMBER] [--seed NUMBER]`.
 *
 * - `amqp`: messages published with confirms by two processes and consumed by two, while the broker is restarted,
 *   connections are cut and consumers are killed. The broker is one of its own.
 * - `amqp-cuts`: connections are cut and stalled at every byte of their first 2,000, at the start and when they are made
 *   again. Each bus has to be back, or to fail with a reason, within 20 s.
 * - `redis`: the same as `amqp` on a Redis of its own.
 * - `sns-sqs`: the same on the emulator fauxqs, while the endpoint is restarted, connections are cut, consumers are killed,
 *   and one call in five goes wrong: server errors, 408, throttling, no answer at all, resets, answers that are lost.
 * - `fuzz`: requests, frames, messages and forms that are broken in all ways, sent to a server in a process of its own.
 *
 * The last line is what it came to, as JSON. That of `fuzz`: the `seed`, which makes the same inputs again, `inputs` by class,
 * `crashes`, `hangs`, `failures` (answers with the status 500), and what the server took `before` and `after`. Its exit
 * code is 1 when one of these three is not 0. That of the others: messages `published`, `confirmed`, `handled` and `lost`,
 * `duplicates`, and the `faults` that struck; that of `amqp-cuts` also says how many buses were `back`, `failed` or `late`.
 * The exit code is 1 when a confirmed message was lost, one could not be confirmed at all, or a process failed.
 *
 * `--json` prints that line alone. `--short` is a tenth of the run, of `fuzz` a hundred inputs of each class. With
 * `--messages 1000000 --faults 100` a run of `amqp`, `redis` or `sns-sqs` is as long as you want.
 */
import { parseArgs } from 'node:util'
import type { ChaosRun } from './order.ts'

/** Each is loaded when it is asked for, with all that it needs. */
const runs: Readonly<Record<string, () => Promise<ChaosRun>>> = {
  amqp: async () => (await import('./amqp.ts')).amqp,
  'amqp-cuts': async () => (await import('./amqp-cuts.ts')).amqpCuts,
  redis: async () => (await import('./redis.ts')).redis,
  'sns-sqs': async () => (await import('./sns-sqs.ts')).snsSqs,
  fuzz: async () => (await import('./fuzz.ts')).fuzz,
}
const known = Object.keys(runs).join(', ')
const usage = `usage: npm run chaos -- NAME [--json] [--short] [--messages NUMBER] [--faults NUMBER] [--seed NUMBER], where NAME is one of ${known}`

// What a run has started is ended when the process exits, and a signal alone would not have it exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main()

/** Returns the exit code: 0, 1 for a run that failed, or 2 for wrong usage. */
async function main(): Promise<number> {
  const wanted = readArguments()
  if (typeof wanted === 'string') {
    console.error(wanted)
    return 2
  }
  const { load, json, ...order } = wanted
  const run = await load()
  const outcome = await run({ ...order, report: json ? () => {} : (line) => console.log(line) })
  console.log(JSON.stringify(outcome))
  if ('crashes' in outcome) return outcome.crashes + outcome.hangs + outcome.failures === 0 ? 0 : 1
  const { published, confirmed, lost } = outcome
  const isLate = 'late' in outcome && outcome.late > 0
  return lost === 0 && confirmed === published && !isLate ? 0 : 1
}

/** What is asked for, or a sentence about what is wrong with it. */
function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        short: { type: 'boolean', default: false },
        seed: { type: 'string' },
        messages: { type: 'string' },
        faults: { type: 'string' },
      },
    })
    const [seed, messages, faults] = [values.seed, values.messages, values.faults].map((given) =>
      given === undefined ? undefined : Number(given),
    )
    if ([seed, messages, faults].some((given) => given !== undefined && !Number.isSafeInteger(given)))
      return usage
    if ((messages ?? 2) < 2 || (faults ?? 0) < 0) return usage
    const [name = '', ...more] = positionals
    const load = Object.hasOwn(runs, name) ? runs[name] : undefined
    return load === undefined || more.length > 0 ? usage : { load, ...values, seed, messages, faults }
  } catch (error) {
    return `${(error as Error).message}\n${usage}`
  }
}
