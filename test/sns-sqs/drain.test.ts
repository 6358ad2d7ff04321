// time limit: 120 s
// node: 24 only
// coverage: none
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('drain of SNS+SQS')
const program = fileURLToPath(new URL('drain-service.ts', import.meta.url))
const children: ChildProcess[] = []
test.after(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A consumer in a process of its own. */
async function consumer(scene: Scene, drainTimeout: number) {
  const words = [program, String(scene.server.port), String(drainTimeout)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const said: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line))
  const exitCode = once(child, 'close').then(([code]) => code as number | null)
  await until(() => said.includes('started'))
  const linesOf = (word: string) =>
    said.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(' ')[1])
  return { child, exitCode, began: () => linesOf('began'), handled: () => linesOf('handled') }
}

test(
  'C26: SIGTERM in a burst: handlers finish, the process exits with 0, each message is handled once',
  inScene(async (scene) => {
    const first = await consumer(scene, 10_000)
    const publisher = await scene.publisher()
    const sent = Array.from({ length: 300 }, (_, index) => String(index))
    await Promise.all(sent.map((text) => publisher.publish('t', text)))
    await until(() => first.handled().length >= 30)
    first.child.kill('SIGTERM')
    assert.is(await first.exitCode, 0)
    assert.equal(first.began().sort(), first.handled().sort())
    assert.ok(first.handled().length < sent.length, 'the stop came too late to prove anything')
    const second = await consumer(scene, 10_000)
    await until(() => first.handled().length + second.handled().length >= sent.length)
    assert.equal([...first.handled(), ...second.handled()].sort(), sent.sort())
    second.child.kill('SIGTERM')
    assert.is(await second.exitCode, 0)
    assert.equal(scene.bodies('q'), [])
  }),
)

test(
  'C27: SIGTERM and a handler that is stuck: released at the deadline, exit code 1, another process gets it at once',
  inScene(async (scene) => {
    const first = await consumer(scene, 1_000)
    await (await scene.publisher()).publish('t', 'stuck')
    await until(() => first.began().length === 1)
    first.child.kill('SIGTERM')
    assert.is(await first.exitCode, 1)
    assert.is(scene.server.inspectQueue('q')?.messages.ready.length, 1)
    const second = await consumer(scene, 1_000)
    await until(() => second.began().length === 1)
  }),
)

test.run()
