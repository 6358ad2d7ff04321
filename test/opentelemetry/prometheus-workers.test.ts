// time limit: 400 s
// node: 24 only
// coverage: none
import { request } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from '../cli/command.ts'
import { rounds } from '../rounds.ts'
import { until } from '../until.ts'
import { type ReadFamily, readOpenMetrics } from './open-metrics.ts'

const workers = suite('opentelemetry: prometheus with workers')
const commands = new Set<Command>()
workers.after.each(async () => {
  for (const command of commands) if (command.child.exitCode === null) command.child.kill('SIGKILL')
  commands.clear()
})

/** Services in workers, and what they say. */
async function running(count: number, file = 'measured.mjs') {
  const command = new Command(['run', '--workers', `${count}`, file])
  commands.add(command)
  await command.prints('press Ctrl-C to stop')
  const [api = '', metrics = ''] = [...command.stdout.matchAll(/http:\/\/127\S+:\d+\S*/g)]
    .map(([url]) => url)
    .sort((one, other) => one.length - other.length)
  return { command, api, read: async (signal?: AbortSignal) => readOpenMetrics(await get(metrics, signal)) }
}

/** On a connection of its own, so that any worker may take it. */
function get(url: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/openmetrics-text', connection: 'close' }
    request(url, { headers, agent: false, signal }, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      if (response.statusCode === 200) resolve(text)
      else reject(new Error(`${response.statusCode} ${text}`))
    })
      .on('error', reject)
      .end()
  })
}

/** How many requests each worker has answered, as the endpoint tells. */
function answeredIn(families: readonly ReadFamily[]): Record<string, number> {
  const { samples = [] } = families.find(({ name }) => name === 'http_server_request_duration_seconds') ?? {}
  const counts = samples.filter(({ name }) => name.endsWith('_count'))
  return Object.fromEntries(counts.map(({ labels, value }) => [labels.worker, value]))
}

const workersIn = (families: readonly ReadFamily[]) =>
  [...new Set(families.flatMap(({ samples }) => samples.map(({ labels }) => labels.worker)))].sort()

workers('every scrape tells of all workers, whichever gets it', async () => {
  const { command, api, read } = await running(2)
  const answered: Record<string, number> = {}
  await until(async () => {
    const worker = await get(api)
    answered[worker] = (answered[worker] ?? 0) + 1
    return Object.keys(answered).length === 2
  })
  for (let scrape = 0; scrape < 20; scrape++) {
    const families = await read()
    assert.equal(answeredIn(families), answered)
    assert.equal(workersIn(families), ['1', '2'])
    assert.is(families.find(({ name }) => name === 'target')?.samples.length, 2)
  }
  assert.is((await command.endsBy('SIGTERM')).code, 0)
})

workers('a worker that hangs or has died is left out, in time', async () => {
  const { command, api, read } = await running(2)
  const hanging = get(`${api}/block`).catch((error: Error) => error)
  let families: readonly ReadFamily[] = []
  await until(async () => {
    // The worker that hangs may have taken the connection before.
    families = await read(AbortSignal.timeout(10_000)).catch(() => [])
    return workersIn(families).length === 1
  })
  const [left] = workersIn(families)
  const [, pid] = new RegExp(`worker ${left === '1' ? 2 : 1} \\((\\d+)\\) started`).exec(command.stderr) ?? []
  process.kill(Number(pid), 'SIGKILL')
  assert.instance(await hanging, Error)
  // Its next process is told of.
  await until(async () => workersIn(await read()).length === 2)
  assert.is((await command.endsBy('SIGTERM')).code, 0)
})

workers(
  `${rounds(8, 3)} restarts as in hot reload, under scrapes: no port error, no scrape fails`,
  async () => {
    const { command, read } = await running(1)
    let scrapes = 0
    let isOver = false
    const scraping = (async () => {
      while (!isOver) {
        assert.equal(workersIn(await read()), ['1'])
        scrapes++
      }
    })()
    for (let round = 1; round <= rounds(8, 3); round++) {
      command.child.kill('SIGHUP')
      await until(
        () => command.stderr.split('rolling restart done').length > round,
        () => command.stderr,
      )
    }
    isOver = true
    await scraping
    assert.ok(scrapes > 0)
    const { code, stderr } = await command.endsBy('SIGTERM')
    assert.is(code, 0)
    assert.not.match(stderr, /in use|error/i)
  },
)

workers(
  'a scrape that gets to a process before it has started tells of the one that it replaces',
  async () => {
    const { command, api, read } = await running(1, 'measured-late.mjs')
    await get(api)
    command.child.kill('SIGHUP')
    await until(
      async () => {
        const families = await read()
        assert.equal(answeredIn(families), { 1: 1 })
        // Its own attribute has made room.
        const { labels } = families.find(({ name }) => name === 'own_things')?.samples[0] ?? {}
        assert.equal([labels?.worker, labels?.exported_worker], ['1', 'mine'])
        return (command.stdout + command.stderr).includes('scraped while starting')
      },
      () => command.stderr,
    )
    await command.endsBy('SIGTERM')
  },
)

workers.run()
