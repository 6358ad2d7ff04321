import { configureLogging, manualClock } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Supervisor, type WorkerReport } from '../inside.ts'
import { turn } from '../kernel/fake-adapter.ts'

const supervision = suite('supervisor')
supervision.before(() => configureLogging({ logger: 'disabled' }))

/** A process that does what the test says. */
interface Fake extends WorkerReport {
  readonly worker: number
  /** What it was told. */
  readonly orders: string[]
}

/** A supervisor of fake processes. */
function supervised(count: number) {
  const clock = manualClock()
  const processes: Fake[] = []
  const fork = (worker: number, report: WorkerReport) => {
    const orders: string[] = []
    processes.push({ worker, orders, started: report.started, ended: report.ended })
    return { pid: undefined, stop: () => orders.push('stop'), kill: () => orders.push('kill') }
  }
  const supervisor = new Supervisor({ count, fork, clock })
  const process = (index: number) => processes.at(index) as Fake
  return { supervisor, clock, processes, process }
}

/** The same with all workers started. */
async function running(count: number) {
  const scene = supervised(count)
  const started = scene.supervisor.start()
  for (let index = 0; index < count; index++) {
    scene.process(index).started(1_000)
    await turn()
  }
  assert.is(await started, true)
  return scene
}

const workersOf = (processes: readonly Fake[]) => processes.map(({ worker }) => worker)

supervision('the first starts alone, then the others at once', async () => {
  const { supervisor, process, processes } = supervised(3)
  const started = supervisor.start()
  await turn()
  assert.equal(workersOf(processes), [1])
  process(0).started(0)
  await turn()
  assert.equal(workersOf(processes), [1, 2, 3])
  process(2).started(0)
  process(1).started(0)
  assert.is(await started, true)
})

supervision('one that does not start stops the others, and its exit code counts', async () => {
  const { supervisor, process } = supervised(3)
  const started = supervisor.start()
  process(0).started(0)
  await turn()
  process(1).ended(4)
  await turn()
  assert.equal([process(0).orders, process(2).orders], [['stop'], ['stop']])
  process(0).ended(0)
  process(2).ended(2)
  assert.is(await started, false)
  assert.is(await supervisor.stopped, 4)
})

supervision(
  'the delay doubles with each death, up to 30 s, and is short again after a healthy while',
  async () => {
    const { clock, process, processes } = await running(1)
    for (const delay of [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]) {
      const before = processes.length
      // Whether it had started makes no difference.
      if (before % 2 === 0) process(-1).started(0)
      process(-1).ended(1)
      await clock.advance(delay - 1)
      assert.is(processes.length, before, `${delay} ms`)
      await clock.advance(1)
      assert.is(processes.length, before + 1, `${delay} ms`)
    }
    process(-1).started(0)
    await clock.advance(10_000)
    process(-1).ended(0)
    const before = processes.length
    await clock.advance(100)
    assert.is(processes.length, before + 1)
  },
)

supervision(
  'a rolling restart: each is told to stop when its successor has started, one by one',
  async () => {
    const { supervisor, process, processes } = await running(2)
    supervisor.restart()
    await turn()
    assert.equal(workersOf(processes), [1, 2, 1])
    assert.equal(process(0).orders, [])
    process(2).started(0)
    await turn()
    assert.equal([process(0).orders, process(1).orders, processes.length], [['stop'], [], 3])
    process(0).ended(0)
    await turn()
    assert.equal(workersOf(processes), [1, 2, 1, 2])
    // Asked for again meanwhile: another round follows.
    supervisor.restart()
    supervisor.restart()
    process(3).started(0)
    await turn()
    process(1).ended(0)
    await turn()
    assert.equal(workersOf(processes), [1, 2, 1, 2, 1])
  },
)

supervision('a stop in a rolling restart reaches every process', async () => {
  const { supervisor, process, processes } = await running(2)
  supervisor.restart()
  await turn()
  supervisor.exit()
  assert.equal(
    processes.map(({ orders }) => orders),
    [['stop'], ['stop'], ['stop']],
  )
  for (const index of [2, 0, 1]) process(index).ended(index)
  assert.is(await supervisor.stopped, 2)
  await turn()
  assert.is(processes.length, 3)
})

supervision('one that dies while its successor starts is replaced by it', async () => {
  const { supervisor, clock, process, processes } = await running(1)
  supervisor.restart()
  await turn()
  process(0).ended(1)
  process(1).started(0)
  await clock.advance(60_000)
  assert.equal(workersOf(processes), [1, 1])
  supervisor.exit()
  process(1).ended(0)
  assert.is(await supervisor.stopped, 0)
})

supervision('one that has not stopped when its patience is over is killed', async () => {
  const { supervisor, clock, process } = await running(2)
  supervisor.exit()
  process(1).ended(0)
  await clock.advance(999)
  assert.equal(process(0).orders, ['stop'])
  await clock.advance(1)
  assert.equal(process(0).orders, ['stop', 'kill'])
  assert.is(await supervisor.stopped, 137)
})

supervision('force kills all, those that stop already too', async () => {
  const { supervisor, process } = await running(2)
  supervisor.exit()
  process(1).ended(0)
  supervisor.force(143)
  assert.equal([process(0).orders, process(1).orders], [['stop', 'kill'], ['stop']])
  assert.is(await supervisor.stopped, 143)
})

supervision('a stop between two processes of a worker starts none', async () => {
  const { supervisor, clock, process, processes } = await running(1)
  process(0).ended(7)
  supervisor.exit()
  assert.is(await supervisor.stopped, 7)
  await clock.advance(60_000)
  assert.is(processes.length, 1)
  assert.is(clock.pending, 0)
})

supervision('a stop while the first one starts: the others never do', async () => {
  const { supervisor, process, processes } = supervised(2)
  const started = supervisor.start()
  supervisor.exit()
  process(0).ended(0)
  assert.is(await started, false)
  assert.is(await supervisor.stopped, 0)
  assert.is(processes.length, 1)
})

supervision.run()
