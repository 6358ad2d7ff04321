// time limit: 400 s
// coverage: none
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../rounds.ts'
import { tomodachi } from './command.ts'
import { SharedLoad } from './shared-load.ts'
import { allGone, isAlive, killAll, until, Workers } from './workers-command.ts'

const workers = suite('cli workers')
workers.after.each(killAll)

/** Clients of whom each of two workers has answered some. */
async function loadOn(command: Workers): Promise<SharedLoad> {
  const load = new SharedLoad(command.port, 64)
  await until(
    () => load.byPid.size === 2,
    () => `two processes among ${[...load.byPid.keys()]}`,
  )
  return load
}

/** Resolves when `count` gives so much more than now. */
async function grows(count: () => number | undefined, by: number): Promise<void> {
  const before = count() ?? 0
  await until(
    () => (count() ?? 0) >= before + by,
    () => `${count()} instead of ${before + by}`,
  )
}

workers('two share a port; one banner; each knows its number; Ctrl-C stops all in order', async () => {
  const command = await Workers.started(2)
  assert.match(command.stdout, new RegExp(`shared  tomodachi .*, pid ${command.pid}, 2 workers\n`))
  assert.is(command.stdout.match(/press Ctrl-C/g)?.length, 1)
  const load = await loadOn(command)
  await load.end()
  assert.equal(load.failures, [])
  for (const [path, part] of [
    ['/readyz', '"ready":true'],
    ['/healthz', '"live":true'],
  ] as const) {
    const probe = await command.get(path)
    assert.equal([probe.status, (await probe.text()).includes(part)], [200, true])
  }
  const { pid, worker } = (await (await command.get('/')).json()) as { pid: number; worker: number }
  assert.equal(command.pids('started', String(worker)), [pid])
  const ended = command.ends()
  // A terminal sends it to every process of the group.
  for (const each of [command.pid, ...command.pids('started')]) process.kill(each, 'SIGINT')
  const { code, stdout, stderr } = await ended
  assert.is(code, 0)
  assert.match(
    stderr,
    /stopped after [\d.]+ m?s: drained for [\d.]+ m?s, exit code 0 {2}services=\["shared"\] workers=2 .*exitCode=0\n$/,
  )
  assert.is(stderr.match(/stopped after/g)?.length, 1, 'not by each worker too')
  assert.is(stdout.match(/^onStop$/gm)?.length, 2)
  assert.is(command.pids('stopped').length, 2)
  await allGone()
})

for (const [policy, times, env] of [
  ['taken by the workers', rounds(3, 1), {}],
  ['handed out by node', 1, { NODE_CLUSTER_SCHED_POLICY: 'rr' }],
] as const) {
  workers(`under load, ${times} rolling restarts fail no request (connections are ${policy})`, async () => {
    const command = await Workers.started(2, { env })
    const load = await loadOn(command)
    for (let round = 1; round <= times; round++) {
      await grows(() => load.answered, 500)
      command.child.kill('SIGHUP')
      await command.says('rolling restart done', round)
    }
    await load.end()
    assert.equal(load.failures, [])
    assert.is(command.pids('started', '1').length, 1 + times)
    assert.is(command.pids('started', '2').length, 1 + times)
    assert.is(command.pids('stopped').length, 2 * times)
    assert.is((await command.endsBy('SIGTERM')).code, 0)
    await allGone()
  })
}

workers('SIGKILL of a worker: the other serves on, and the worker gets a new process', async () => {
  const command = await Workers.started(2)
  const [victim = 0] = command.pids('started', '1')
  const [other = 0] = command.pids('started', '2')
  const load = await loadOn(command)
  process.kill(victim, 'SIGKILL')
  await command.says('worker 1 restarts in 100 ms')
  await grows(() => load.byPid.get(other), 100)
  await command.says('started', 3)
  const failures = load.failures.length
  await grows(() => load.answered, 100)
  await load.end()
  // What was under way on its connections is lost with a process, one request on each at most; nothing afterwards.
  assert.ok(failures < 64, `${failures} of 64 connections have lost a request`)
  assert.is(load.failures.length, failures)
  assert.match(command.stderr, /worker 1 .* died .*exitCode=137 signal=SIGKILL/)
  assert.equal([command.pids('started', '1').length, command.pids('started', '2')], [2, [other]])
  assert.is((await command.endsBy('SIGTERM')).code, 0)
})

workers('a crash loop backs off, and a stop ends it with the exit code of the crashes', async () => {
  const command = await Workers.started(1, { env: { CRASH_AFTER: '200' } })
  for (const delay of [100, 200, 400, 800, 1600]) await command.says(`worker 1 restarts in ${delay} ms`)
  assert.is((await command.endsBy('SIGTERM')).code, 3)
  await allGone()
})

workers('what cannot start is said once, and its exit code is that of the command', async () => {
  const outcome = await tomodachi('run --logger disabled --workers 2 hook-throws.ts')
  assert.is(outcome.code, 1)
  assert.is(outcome.stdout, '')
  assert.match(outcome.stderr, /^tomodachi: the service could not start: no database\n {4}at .*connect .*\n/)
  assert.is(outcome.stderr.match(/no database/g)?.length, 1)
  const never = await tomodachi('run --logger disabled --workers 2 never-loads.mjs')
  assert.is(never.code, 1)
  assert.match(never.stderr, /^tomodachi: never-loads.mjs never finishes loading.*\n$/)
})

workers('a port in use is said as without workers', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  const words = 'run --logger disabled --workers 2 shared.mjs'
  const { code, stderr } = await tomodachi(words, { env: { PORT: String(port) } })
  taken.close()
  assert.match(stderr, `tomodachi: cannot listen on 127.0.0.1:${port}: the port is in use`)
  assert.is(code, 1)
})

workers('SIGKILL of the supervisor: the workers finish their requests and go', async () => {
  const command = await Workers.started(2)
  const answer = command.get('/slow')
  // A line of its own: the banner ends one with this path.
  await command.says('\nslow\n')
  process.kill(command.pid, 'SIGKILL')
  assert.is(await (await answer).text(), 'slow')
  await allGone()
  await command.says('onStop\n', 2)
})

workers('a second signal ends everything at once', async () => {
  const command = await Workers.started(2)
  const answer = command.get('/stuck').catch(() => 'lost')
  await command.says('stuck\n')
  command.child.kill('SIGINT')
  await command.says('received SIGINT, stopping')
  assert.is((await command.endsBy('SIGTERM')).code, 143)
  assert.is(await answer, 'lost')
  await allGone()
})

workers('a rolling restart into what does not start leaves the old workers running', async () => {
  const BROKEN = join(tmpdir(), `tomodachi-broken-${process.pid}`)
  const command = await Workers.started(2, { env: { BROKEN } })
  try {
    writeFileSync(BROKEN, '')
    command.child.kill('SIGHUP')
    await command.says('rolling restart given up')
    assert.match(command.stderr, 'broken by now')
    assert.is((await command.get('/')).status, 200)
    assert.ok(command.pids('started').every(isAlive))
  } finally {
    rmSync(BROKEN, { force: true })
  }
  command.child.kill('SIGHUP')
  await command.says('rolling restart done')
  assert.is((await command.endsBy('SIGTERM')).code, 0)
})

workers('auto is one for each core; in production the start is logged once', async () => {
  const env = { TOMODACHI_WORKERS: 'auto', TOMODACHI_PRODUCTION: '1' }
  const command = new Workers(['run'], { env })
  await command.says(`workers=${availableParallelism()}`)
  assert.is(command.pids('started').length, availableParallelism())
  assert.match(command.stderr, /tomodachi\.lifecycle +started {2}services=\["shared"\] .*endpoints=.*http/)
  assert.not.match(command.stdout, 'press Ctrl-C')
  assert.is((await command.endsBy('SIGTERM')).code, 0)
})

workers.run()
