// time limit: 400 s
// coverage: none
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../rounds.ts'
import { RawClient } from '../raw-client.ts'
import { failureOf, until } from '../serving.ts'
import { endAll, keepAsking, Load, type Running, started } from './draining.ts'

/** Drains under load, over TLS and where several processes share a port. */
const drain = suite('http drain, shared port and TLS')
drain.after.each(endAll)

const file = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/localhost.${name}.pem`, import.meta.url), 'utf8')
const tls = { key: file('key'), cert: file('cert') }
const times = rounds(2, 1)

for (let round = 1; round <= times; round++) {
  drain(`over TLS no request fails under load (${round} of ${times})`, async () => {
    const { child, port, exitCode, log } = await started({ http: { tls } })
    const load = new Load()
    const clients = Array.from({ length: 32 }, () => keepAsking(port, '/async', load, RawClient.secure))
    await until(() => load.answered > 500 && load.begun === 32)
    load.stop(() => child.kill('SIGTERM'))
    await Promise.all(clients)
    assert.equal(load.failures, [])
    assert.is(load.told + load.late, 32, 'every client that asked in time was told to stop')
    assert.is(await exitCode, 0)
    assert.is(await log, '')
  })
}

/** Clients that connect anew whenever they are told that their connection ends. */
function steadyLoad(port: number, load: Load) {
  let stopped = false
  const clients = Array.from({ length: 32 }, async () => {
    while (!stopped) await keepAsking(port, '/async', load)
  })
  return {
    async stop(...stopping: (() => unknown)[]) {
      stopped = true
      for (const each of stopping) load.stop(each)
      await Promise.all(clients)
    },
  }
}

/** One of two goes, under load: the other serves on. */
async function oneOfTwo(
  port: number,
  leave: () => unknown,
  gone: () => Promise<unknown>,
  end: () => unknown,
) {
  const load = new Load()
  const clients = steadyLoad(port, load)
  await until(() => load.answered > 200 && load.begun >= 32)
  load.stop(leave)
  await gone()
  const { answered } = load
  await until(() => load.answered > answered + 200)
  await clients.stop(end)
  assert.equal(load.failures, [])
}

const reusing = (port: number): Promise<Running> => started({ http: { reusePort: true, port } })

drain('reusePort: two processes listen on one port, and a third without it is refused', async () => {
  const first = await reusing(0)
  const second = await reusing(first.port)
  assert.is(second.port, first.port)
  const failure = await failureOf(() => started({ http: { port: first.port } }))
  assert.match(failure.message, 'the port is in use')
  for (const { child } of [first, second]) child.kill('SIGTERM')
  assert.equal([await first.exitCode, await second.exitCode], [0, 0])
})

for (let round = 1; round <= times; round++) {
  drain(
    `reusePort: one of two processes goes under load, no request fails (${round} of ${times})`,
    async () => {
      const first = await reusing(0)
      const second = await reusing(first.port)
      await oneOfTwo(
        first.port,
        () => first.child.kill('SIGTERM'),
        () => first.exitCode,
        () => second.child.kill('SIGTERM'),
      )
      assert.equal([await first.exitCode, await second.exitCode], [0, 0])
    },
  )
}

for (let round = 1; round <= times; round++) {
  drain(`cluster: one of two workers goes under load, no request fails (${round} of ${times})`, async () => {
    const { child, port, said } = await started({ workers: 2 })
    await until(() => said.length === 3)
    const [leaving, staying] = said.slice(1).map((line) => Number(line.split(' ')[1])) as [number, number]
    await oneOfTwo(
      port,
      () => process.kill(leaving, 'SIGTERM'),
      () => until(() => !isAlive(leaving)),
      () => process.kill(staying, 'SIGTERM'),
    )
    await until(() => !isAlive(staying))
    child.kill()
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

drain.run()
