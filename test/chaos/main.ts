/**
 * Runs with faults: `npm run chaos -- NAME [--json] [--short] [--seed NUMBER]`.
 *
 * - `amqp`: messages published with confirms by two processes and consumed by two, while the broker is restarted,
 *   connections are cut and consumers are killed. The broker is one of its own.
 * - `amqp-cuts`: connections are cut and stalled at every byte of their first 2,000, at the start and as they are made again.
 *   Each bus has to be back, or to fail with a reason, within 20 s.
 * - `redis`: the same as `amqp` on a Redis of its own.
 * - `sns-sqs`: the same on the emulator fauxqs, while consumers are killed and one call in five goes wrong: server errors,
 *   408, throttling, no answer at all, connections that are reset, answers that are lost.
 * - `fuzz`: requests, frames, messages and forms that are broken in all ways, sent to a server in a process of its own.
 *
 * The last line is what it came to, as JSON. That of `fuzz`: the `seed`, which makes the same inputs again, `inputs` by class,
 * `crashes`, `hangs`, `failures` (answers with the status 500), and what the server took `before` and `after`. Its exit
 * code is 1 when one of these three is not 0. That of the others: messages `published`, `confirmed`, `handled` and `lost`, `duplicates`, and
 * the `faults` that struck; that of `amqp-cuts` also says how many buses were `back`, `failed` or `late`. The exit code is 1 when a confirmed message was lost, one could not be confirmed at
 * all, or a process failed. `--json` prints that line alone; `--short` is a tenth of the run, of `fuzz` a hundred inputs of each class.
 */
import { parseArgs } from 'node:util'
import { amqp } from './amqp.ts'
import { amqpCuts } from './amqp-cuts.ts'
import { fuzz } from './fuzz.ts'
import type { ChaosRun } from './order.ts'
import { redis } from './redis.ts'
import { snsSqs } from './sns-sqs.ts'

const runs: Readonly<Record<string, ChaosRun>> = {
  amqp,
  'amqp-cuts': amqpCuts,
  redis,
  'sns-sqs': snsSqs,
  fuzz,
}
const known = Object.keys(runs).join(', ')
const usage = `usage: npm run chaos -- NAME [--json] [--short] [--seed NUMBER], where NAME is one of ${known}`

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
  const { run, short, json, seed } = wanted
  const outcome = await run({ short, seed, report: json ? () => {} : (line) => console.log(line) })
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
      },
    })
    const seed = values.seed === undefined ? undefined : Number(values.seed)
    if (seed !== undefined && !Number.isSafeInteger(seed)) return usage
    const [name = '', ...more] = positionals
    const run = Object.hasOwn(runs, name) ? runs[name] : undefined
    return run === undefined || more.length > 0 ? usage : { run, ...values, seed }
  } catch (error) {
    return `${(error as Error).message}\n${usage}`
  }
}
