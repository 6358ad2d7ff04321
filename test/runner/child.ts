// Runs one test file: imports it, runs the suites that it queued, and reports. Started by process.ts.
import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { LEAVE_SECONDS, REPORT_DESCRIPTOR, type Report } from './report.ts'

/** What a uvu suite resolves with: its errors as text (true when none), then how many ran, were skipped, exist. */
type SuiteResult = [errors: string | true, ran: number, skipped: number, total: number]
type QueuedSuite = () => Promise<SuiteResult>

const queue: QueuedSuite[] = []
// uvu leaves the running to its caller when UVU_DEFER is set; each `.run()` then only joins the queue.
Object.assign(globalThis, { UVU_DEFER: 1, UVU_INDEX: 0, UVU_QUEUE: [queue] })

process.prependListener('unhandledRejection', (reason) => {
  report({ kind: 'fault', message: `unhandled rejection: ${inspect(reason)}` })
})
process.on('uncaughtExceptionMonitor', (error) => {
  report({ kind: 'fault', message: `uncaught exception: ${inspect(error)}` })
})

const file = process.argv[2]
if (file === undefined) throw new Error('usage: child.ts <file.test.ts>')
await import(pathToFileURL(resolve(file)).href)
const totals = await runQueue()
process.exitCode = totals.failed > 0 ? 1 : 0
report({ kind: 'done', ...totals })
// Fires only in a process that something else keeps alive.
setTimeout(reportOpenHandles, LEAVE_SECONDS * 1000).unref()

async function runQueue() {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
    try {
      const [errors, passed, skipped, total] = await run()
      totals.passed += passed
      totals.failed += total - passed
      totals.skipped += skipped
      if (errors !== true && errors.length > 0) process.stdout.write(`\n${errors}\n`)
      // uvu swallows what a `before` hook throws, and with it the tests of the suite.
      else if (passed < total)
        process.stdout.write(`${total - passed} of ${total} tests did not run: a hook threw\n`)
    } catch (error) {
      totals.failed += 1
      process.stdout.write(`an after hook threw: ${inspect(error)}\n`)
    }
  }
  return totals
}

function reportOpenHandles(): void {
  const handles = [...new Set(process.getActiveResourcesInfo())].join(', ')
  report({ kind: 'fault', message: `left open after the tests were done: ${handles}` })
  process.exit(1)
}

function report(value: Report): void {
  writeSync(REPORT_DESCRIPTOR, `${JSON.stringify(value)}\n`)
}
