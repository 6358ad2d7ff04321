/**
 * Runs with faults: `npm run chaos -- NAME [--json] [--short]`.
 *
 * - `amqp`: messages published with confirms by two processes and consumed by two, while the broker is restarted,
 *   connections are cut and consumers are killed. The broker is one of its own.
 * - `sns-sqs`: the same on the emulator fauxqs, while consumers are killed and one call in five goes wrong: server errors,
 *   408, throttling, no answer at all, connections that are reset, answers that are lost.
 *
 * The last line is what it came to, as JSON: messages `published`, `confirmed`, `handled` and `lost`, `duplicates`, and
 * the `faults` that struck. The exit code is 1 when a confirmed message was lost, one could not be confirmed at
 * all, or a process failed. `--json` prints that line alone; `--short` is a tenth of the run.
 */
import { parseArgs } from 'node:util'
import { amqp } from './amqp.ts'
import type { ChaosRun } from './order.ts'
import { snsSqs } from './sns-sqs.ts'

const runs: Readonly<Record<string, ChaosRun>> = { amqp, 'sns-sqs': snsSqs }
const known = Object.keys(runs).join(', ')
const usage = `usage: npm run chaos -- NAME [--json] [--short], where NAME is one of ${known}`

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
  const { run, short, json } = wanted
  const outcome = await run({ short, report: json ? () => {} : (line) => console.log(line) })
  console.log(JSON.stringify(outcome))
  const { published, confirmed, lost } = outcome
  return lost === 0 && confirmed === published ? 0 : 1
}

/** What is asked for, or a sentence about what is wrong with it. */
function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, short: { type: 'boolean', default: false } },
    })
    const [name = '', ...more] = positionals
    const run = Object.hasOwn(runs, name) ? runs[name] : undefined
    return run === undefined || more.length > 0 ? usage : { run, ...values }
  } catch (error) {
    return `${(error as Error).message}\n${usage}`
  }
}
