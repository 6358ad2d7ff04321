// time limit: 90 s
// coverage: none
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Service } from 'tomodachi'
import { type Http, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../rounds.ts'
import { ask, logged, portOf, serve, stopAll, until } from '../serving.ts'

const halfOpen = suite('http half-open connections')
halfOpen.after.each(stopAll)

const program = fileURLToPath(new URL('./half-open-clients.ts', import.meta.url))

/** 10,000, or as many as the machine permits a process to have, with room for its other files. */
const count = Math.min(rounds(10_000, 1_000), filesPermitted() - 500)

/** How long they are left open. */
const seconds = rounds(20, 5)

function filesPermitted(): number {
  const limit = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit)
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes in use, when all that can be collected has been. */
async function memory(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

interface Line {
  readonly open?: number
  readonly statuses?: Readonly<Record<string, number>>
}

/** Opens connections in a process of its own, calls `meanwhile` with them open, and tells how they ended. */
async function flood(api: Http, connections: number, meanwhile: () => Promise<void>): Promise<Line[]> {
  const args = [program, String(portOf(api)), String(connections)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const lines: Line[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(JSON.parse(line))
    if (lines.length === 1) await meanwhile()
  }
  await closed
  return lines
}

halfOpen(`${count} at once: each gets 408, others are served, and nothing is left of them`, async () => {
  const records = logged('warning')
  const api = http({ port: 0, headersTimeout: `${seconds}s`, requestTimeout: `${seconds}s` })
  await serve(
    new Service()
      .on(api.get('/'), () => 'served')
      .on(api.post('/'), async ({ request }) => void (await request.bytes().catch(() => {}))),
  )
  const resources = () =>
    process
      .getActiveResourcesInfo()
      .filter((name) => !/^(Pipe|TTY|Process|Timeout|Immediate|FSReq)/.test(name))
      .sort()
  // Once beforehand: what is only made at the first time is no leak.
  assert.is((await ask(api, 'GET', '/')).text, 'served')
  await until(() => sockets() === 0)
  const [base, before] = [await memory(), resources()]
  let served: string | undefined
  let open = 0
  const lines = await flood(api, count, async () => {
    served = (await ask(api, 'GET', '/')).text
    // All of them, unless the machine takes longer to open them than they are left open.
    open = sockets()
  })
  assert.is(served, 'served')
  assert.ok(open > count / 2, `${open} are open at once`)
  assert.equal(lines[1], { statuses: { 408: count } })
  await until(() => sockets() === 0)
  assert.equal(resources(), before)
  const grown = (await memory()) - base
  assert.ok(grown < 20_000_000, `${grown} bytes more than before`)
  assert.equal(records, [])
})

halfOpen.run()
