import assert from 'node:assert/strict'
import { Kernel } from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Stage } from '../stage/stage.ts'

/** How buses start and stop. */
export const lifecycleLaws: readonly Law[] = [
  law('C07 coming and going: instances start and stop side by side', comingAndGoing),
  law('C50 readiness: only while every consumer is attached and no stop is asked for', readiness),
  law('C51 readiness of a bus: not before the start or after the stop', readinessOfBus),
  law('C51 cut: not ready while the broker is away; whoever is ready again gets what comes then', cut, [
    'cut',
  ]),
  law(
    'C69 problems: whoever is not ready names the part, the reason and the time, whoever is ready names none',
    problems,
    ['cut'],
  ),
  law('C54 start again: a stopped bus can be started and goes on', startAgain),
]

async function comingAndGoing(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  const comeAndGo = async () => {
    const { kernel } = await stage.consumer(topic, { queue }, ({ data }) => journal.note(data))
    return stage.stop(kernel)
  }
  const exitCodes = await Promise.all(Array.from({ length: 10 }, comeAndGo))
  assert.deepEqual(new Set(exitCodes), new Set([0]))
  const sent = stage.texts(50)
  await stage.publish(await stage.publisher(), topic, sent)
  await stage.consumer(topic, { queue }, ({ data }) => journal.note(data))
  await stage.handled(journal, sent)
}

async function readiness(stage: Stage): Promise<void> {
  const topics = [stage.name('topic'), stage.name('topic')]
  const [journal, gate] = [new Journal(), stage.gate()]
  const publisher = await stage.publisher()
  const readyIn: Record<string, boolean> = {}
  const note = (step: string) => () => {
    readyIn[step] = kernel.ready
  }
  const { kernel } = await stage.instance(
    (service, bus) => {
      for (const topic of topics) {
        const source = bus.topic(topic, { queue: stage.name('queue') })
        service.on(source, ({ data }) => journal.during(data, () => gate.opened))
      }
    },
    {
      onStart: note('onStart'),
      onStarted: note('onStarted'),
      onStopping: note('onStopping'),
      onStop: note('onStop'),
    },
  )
  note('before')()
  kernel.bus.on('lifecycle', ({ to }) => note(to)())
  await stage.settled(kernel.start(), 'the start of an instance')
  assert.ok(kernel.ready, 'not ready although it has started')
  // Nobody has consumed from these queues before: what comes now arrives only if the consumers are attached.
  await Promise.all(topics.map((topic) => publisher.publish(topic, topic)))
  await stage.eventually(() => assert.equal(new Set(journal.started).size, 2))
  assert.ok(kernel.ready, 'not ready although it works')

  const stopping = kernel.stop()
  assert.ok(!kernel.ready, 'ready although a stop is asked for')
  await stage.eventually(() => assert.equal(kernel.state, 'draining'))
  note('draining')()
  gate.open()
  assert.equal(await stage.settled(stopping, 'the stop of an instance'), 0)
  note('after')()
  const ready = Object.keys(readyIn).filter((step) => readyIn[step])
  assert.deepEqual(ready, ['started'])
  for (const step of ['onStart', 'onStarted', 'onStopping', 'onStop']) assert.ok(step in readyIn)
}

async function readinessOfBus(stage: Stage): Promise<void> {
  const { bus, kernel } = await stage.instance((service, bus) => {
    service.on(bus.topic(stage.name('topic'), { queue: stage.name('queue') }), () => {})
  })
  assert.ok(!bus.ready, 'the bus is ready although it has not been started')
  await stage.settled(kernel.start(), 'the start of an instance')
  assert.ok(bus.ready ?? true, 'the bus is not ready although it has started')
  assert.deepEqual(bus.problems ?? [], [], 'the bus has problems although it is ready')
  assert.equal(await stage.stop(kernel), 0)
  assert.ok(!bus.ready, 'the bus is ready although it has been stopped')
}

async function cut(stage: Stage): Promise<void> {
  const topic = stage.name('topic')
  const [shared, own] = [new Journal(), new Journal()]
  const publisher = await stage.publisher()
  const consumers = [
    await stage.consumer(topic, { queue: stage.name('queue') }, ({ data }) => shared.note(data)),
    // Its queue may be gone with the connection, and then nothing waits for whoever says too early to be ready.
    await stage.consumer(topic, { competing: false }, ({ data }) => own.note(data)),
  ]
  const areReady = (ready: boolean, otherwise: string) =>
    stage.eventually(() => {
      for (const { kernel } of consumers) assert.equal(kernel.ready, ready, otherwise)
    })
  for (const round of ['first', 'second']) {
    const restore = await stage.interrupt('cut')
    await areReady(false, 'ready although the broker is away')
    await restore()
    await areReady(true, 'not ready although the broker is back')
    await stage.settled(publisher.publish(topic, round), 'publishing when the broker is back')
    for (const journal of [shared, own])
      await stage.eventually(() => assert.ok(journal.has(round), 'nothing comes since the broker is back'))
  }
  for (const { kernel } of consumers) assert.equal(await stage.stop(kernel), 0)
}

async function problems(stage: Stage): Promise<void> {
  const { bus } = await stage.consumer(stage.name('topic'), { queue: stage.name('queue') }, () => {})
  const wrong: unknown[] = []
  const isReady = (expected: boolean) =>
    stage.eventually(() => {
      const { ready = true, problems = [] } = bus
      const isTold =
        problems.length > 0 &&
        problems.every(
          ({ part, reason, since }) => /\S/.test(part) && /\S/.test(reason) && Number(since) <= Date.now(),
        )
      if (ready ? problems.length > 0 : !isTold) wrong.push({ ready, problems })
      assert.equal(ready, expected)
    })
  await isReady(true)
  for (let cuts = 0; cuts < 2; cuts++) {
    const restore = await stage.interrupt('cut')
    await isReady(false)
    await restore()
    await isReady(true)
  }
  assert.deepEqual(wrong, [])
}

async function startAgain(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  const publisher = await stage.publisher()
  const { kernel, service, bus } = await stage.consumer(topic, { queue }, ({ data }) => journal.note(data))
  await publisher.publish(topic, 'first')
  await stage.handled(journal, ['first'])
  assert.equal(await stage.stop(kernel), 0)
  await publisher.publish(topic, 'meanwhile')
  await stage.silence()
  assert.deepEqual([...new Set(journal.finished)], ['first'])

  const again = new Kernel([service], { ownsProcess: false })
  await stage.settled(again.start(), 'the second start')
  await bus.publish(topic, 'second')
  await stage.handled(journal, ['first', 'meanwhile', 'second'])
  assert.equal(await stage.stop(again), 0)
}
