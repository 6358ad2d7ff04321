// time limit: 180 s
// node: 24 only
// needs: redis
// A server that reads its data from disk, and answers every command with an error meanwhile.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from './scene.ts'
import { logging, serverOf, stage } from './stage.ts'

const { text } = logging()
const test = suite('a Redis that is loading')
// A millisecond a key, and answers meanwhile.
const slowly = ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024']
const server = serverOf(test, ...slowly, '--enable-debug-command', 'yes')

const fill = "for key = 1, 3000 do redis.call('SET', 'filling:' .. key, string.rep('x', 100)) end"

test('a restart: a bus that runs says why it is not ready, waits for it, and loses nothing', async () => {
  const { publisher, consume, seen, ask, close } = await stage(server())
  await consume()
  await publisher.publish('topic', 'before')
  await until(() => seen.includes('before'))
  await ask('EVAL', fill, '0')
  await ask('BGREWRITEAOF')
  await until(async () => /aof_rewrite_in_progress:0/.test(String(await ask('INFO', 'persistence'))))
  await server().kill()
  const publishing = publisher.publish('topic', 'during')
  const starting = server().start()
  await until(() => publisher.problems?.some(({ reason }) => /LOADING/.test(reason)) === true)
  await Promise.all([starting, publishing])
  await until(() => seen.includes('during') && publisher.ready === true)
  assert.equal(publisher.problems, [])
  await close()
})

test('connections that live while the server loads: publishing waits, and goes on', async () => {
  const { publisher, consume, seen, ask, close } = await stage(server())
  const kernel = await consume()
  await publisher.publish('topic', 'before')
  await until(() => seen.includes('before'))
  await ask('EVAL', fill, '0')
  const loading = ask('DEBUG', 'RELOAD')
  await until(async () => /LOADING/.test(await ask('GET', 'x').then(String, String)))
  await publisher.publish('topic', 'during')
  await loading
  await until(() => seen.includes('during') && kernel.ready && publisher.ready === true)
  assert.equal(seen, ['before', 'during'])
  assert.match(text(), 'LOADING')
  await close()
})

test.run()
