// time limit: 300 s
// coverage: none
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sample } from '../../rounds.ts'

const program = fileURLToPath(new URL('./signals-service.ts', import.meta.url))
const { exit_codes: recorded } = JSON.parse(
  readFileSync(new URL('../../fixtures/lifecycle.json', import.meta.url), 'utf8'),
) as { readonly exit_codes: Readonly<Record<string, unknown>> }

interface Said {
  readonly event: string
  readonly [fact: string]: unknown
}

interface Ended {
  /** What the process said, in order. */
  readonly events: readonly Said[]
  readonly names: readonly string[]
  readonly exitCode: number | null
  readonly log: string
}

/** Runs a scenario; whenever it says one of these events for the first time, it is sent these signals. */
async function runScenario(
  scenario: string,
  signals: Readonly<Record<string, readonly NodeJS.Signals[]>> = {},
  ...values: readonly string[]
): Promise<Ended> {
  const child = spawn(process.execPath, [program, scenario, ...values], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const log = text(child.stderr)
  const events: Said[] = []
  const sent = new Set<string>()
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Said
    events.push(said)
    if (sent.has(said.event)) continue
    sent.add(said.event)
    for (const signal of signals[said.event] ?? []) child.kill(signal)
  }
  return { events, names: events.map(({ event }) => event), exitCode: await ended, log: await log }
}

const signals = suite('signals')

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  signals(`${signal} lets the handler finish and exits 0`, async () => {
    const { names, exitCode } = await runScenario('drains', { working: [signal] })
    assert.equal(names, ['onStart', 'onStarted', 'working', 'onStopping', 'done', 'onStop', 'exit'])
    assert.is(exitCode, recorded[signal] ?? 0)
  })
}

for (const [when, second, code] of [
  ['later', 'SIGINT', 130],
  ['later', 'SIGTERM', 143],
  ['muchLater', 'SIGHUP', 129],
  ['onStopping', 'SIGINT', 130],
] as const) {
  signals(`SIGTERM, then ${second} at ${when}: ends at once with ${code}`, async () => {
    const { names, exitCode } = await runScenario('stuck', { working: ['SIGTERM'], [when]: [second] })
    assert.is(exitCode, code)
    assert.not(names.includes('onStop'))
  })
}

signals('the end of a shell, some time after that of its terminal, is not a second wish', async () => {
  const { names, exitCode } = await runScenario('stuck', { working: ['SIGHUP'], later: ['SIGHUP'] }, '1000')
  assert.equal([names.slice(-2), exitCode], [['onStop', 'exit'], 1])
})

signals('the same signal twice within a moment is one: npm passes on what the group got', async () => {
  const { names, exitCode } = await runScenario('drains', {}, 'SIGINT', 'SIGINT')
  assert.ok(names.includes('done'))
  assert.is(exitCode, 0)
})

signals('a second signal ends a process at once whose program awaits the stop too', async () => {
  const { names, exitCode } = await runScenario('stuckAndAwaited', {
    working: ['SIGTERM'],
    later: ['SIGTERM'],
  })
  assert.equal([names.slice(-2), exitCode], [['later', 'exit'], 143])
})

for (const both of [
  ['SIGHUP', 'SIGHUP'],
  ['SIGTERM', 'SIGHUP'],
  ['SIGHUP', 'SIGTERM'],
] as const) {
  signals(`${both.join(' and ')} at once are one: shells and systemd send them so`, async () => {
    const { names, exitCode } = await runScenario('drains', {}, ...both)
    assert.ok(names.includes('done'))
    assert.is(exitCode, 0)
  })
}

for (const [first, second] of [
  ['SIGTERM', 'SIGTERM'],
  ['SIGTERM', 'SIGHUP'],
  ['SIGHUP', 'SIGTERM'],
] as const) {
  signals(`${second} soon after ${first} is one with it, also when the process stands still`, async () => {
    const { names, exitCode } = await runScenario('standsStill', {}, first, second)
    assert.equal(
      names.filter((name) => name === 'done' || name === 'stoodStill'),
      ['stoodStill', 'done'],
    )
    assert.is(exitCode, 0)
  })
}

signals('SIGQUIT is left to the system, which ends the process at once', async () => {
  const { names, exitCode } = await runScenario('drains', { working: ['SIGQUIT'] })
  assert.equal(names, ['onStart', 'onStarted', 'working'])
  assert.is(exitCode, null)
})

signals('where nothing can be printed any more, the stop goes on to its end', async () => {
  const child = spawn(process.execPath, [program, 'printsWhileStopping'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  for (let said = ''; !said.includes('working'); ) said += (await once(child.stdout, 'data'))[0]
  child.stdout.destroy()
  child.stderr.destroy()
  child.kill('SIGHUP')
  // What the handler set in the end.
  assert.equal(await ended, [9, null])
})

signals('exit(7) in a handler: the handler finishes, the exit code is 7', async () => {
  const { names, exitCode } = await runScenario('exits')
  assert.equal(names, ['onStart', 'onStarted', 'onStopping', 'done', 'onStop', 'exit'])
  assert.is(exitCode, recorded['exit(7)'])
})

signals('exit() without a code exits 0', async () => {
  assert.is((await runScenario('exitsPlainly')).exitCode, 0)
})

signals('a stuck handler is released at the drain deadline, said so, and the exit code is 1', async () => {
  const { exitCode, log, names } = await runScenario('stuck', { working: ['SIGTERM'] }, '100')
  assert.is(exitCode, 1)
  assert.match(log, /1 unfinished deliveries were released at the drain deadline/)
  assert.match(log, /"messages":1/, 'the message is back in its queue')
  assert.equal(names.slice(-2), ['onStop', 'exit'])
})

for (const [scenario, reason, as] of [
  ['failsToStart', /no database/, '_start_service raises'],
  ['failsToConstruct', /no settings/, '__init__ raises'],
  ['hasNoHandlers', /has no handlers/, 'no handlers'],
] as const) {
  signals(`${as}: the reason is shown, and the recorded exit code`, async () => {
    const { exitCode, log } = await runScenario(scenario)
    assert.is(exitCode, recorded[as])
    assert.match(log, reason)
  })
}

for (const signal of sample(['SIGTERM', 'SIGINT', 'SIGHUP'] as const, 3)) {
  for (const [scenario, what] of [
    ['startsSlowly', 'onStart runs'],
    ['connectsSlowly', 'an adapter starts'],
    ['announcesSlowly', 'onStarted runs'],
  ] as const) {
    signals(`${signal} while ${what} waits for it, starts nothing more, and exits 0`, async () => {
      const { names, exitCode } = await runScenario(scenario, { starting: [signal] })
      assert.equal(
        names.filter((name) => name !== 'onStart'),
        ['starting', 'onStopping', 'prepared', 'onStop'],
      )
      assert.is(exitCode, 0)
    })
  }
}

for (const code of [0, 7]) {
  signals(`exit(${code}) in onStart: exit code ${code}`, async () => {
    const { names, exitCode } = await runScenario('exitsWhileStarting', {}, String(code))
    assert.equal(names, ['onStopping', 'onStop'])
    assert.is(exitCode, code)
  })
}

for (const [scenario, how] of [
  ['awaitsStopped', ''],
  ['awaitsStoppedAndHolds', ', and something keeps the process'],
] as const) {
  signals(`what follows "await kernel.stopped" runs after a signal too${how}`, async () => {
    const { names, exitCode } = await runScenario(scenario, { working: ['SIGTERM'] })
    const ending = ['working', 'onStopping', 'onStop', 'stopped', 'after', 'exit']
    assert.equal(names, ['onStart', 'onStarted', ...ending])
    assert.is(exitCode, 0)
  })
}

signals('what awaits one kernel of several goes on when the last has stopped', async () => {
  const { names, exitCode } = await runScenario('awaitsOneOfTwo', { working: ['SIGTERM'] })
  assert.equal(names.slice(-2), ['after', 'exit'])
  assert.is(exitCode, 0)
})

signals('where nobody awaits the end, the process ends with the kernel, whatever keeps it', async () => {
  const { names, exitCode } = await runScenario('awaitsNothingAndHolds', { working: ['SIGTERM'] })
  assert.equal(names.slice(-2), ['onStop', 'exit'])
  assert.is(exitCode, 0)
})

signals('hooks that reject while stopping: exit code 1, logged, never an unhandled rejection', async () => {
  const { names, exitCode, log } = await runScenario('hooksReject', { working: ['SIGTERM'] })
  assert.equal(names, ['onStart', 'onStarted', 'working', 'exit'])
  assert.is(exitCode, 1)
  assert.is(log.match(/"message":"hook failed"/g)?.length, 2, log)
})

signals('SIGTERM in a burst of 2,000 messages: what is handled is acked, the rest is reported', async () => {
  const { events, exitCode, log } = await runScenario('burst')
  const { handled, acked, left } = events.find(({ event }) => event === 'count') as Said
  assert.is(acked, handled)
  assert.is((handled as number) + (left as number), 2_000)
  assert.ok((handled as number) > 0 && (left as number) > 0, `${handled} handled, ${left} left`)
  assert.match(log, new RegExp(`"messages":${left}[,}]`))
  assert.is(exitCode, 0)
})

signals('a signal stops every kernel of the process; one that failed makes the exit code', async () => {
  const { names, exitCode } = await runScenario('twoKernels', { working: ['SIGINT'] })
  assert.is(names.filter((name) => name === 'onStopping').length, 2)
  assert.is(exitCode, 1)
})

signals.run()
