import { AsyncLocalStorage } from 'node:async_hooks'
import { configureLogging, getLogger, type LogRecord } from 'tomodachi'
import { watchLog } from 'tomodachi/adapter-kit'
import * as assert from 'uvu/assert'
import { loggingSuite, written } from './written.ts'

const log = loggingSuite('log listeners')

const removals: (() => void)[] = []
log.after.each(() => {
  for (const remove of removals.splice(0)) remove()
})

/** Adds a listener until the test has ended. */
function watch(listener: (record: LogRecord) => unknown): () => void {
  const remove = watchLog(listener)
  removals.push(remove)
  return remove
}

/** The messages of the JSON lines that the action writes. */
const messagesOf = (action: () => void) => written(action).map((line) => JSON.parse(line).message as string)

log('a listener is told what is written: whole, redacted, and below the level nothing', () => {
  const told: LogRecord[] = []
  watch((record) => told.push(record))
  const error = new RangeError('too far')
  const lines = written(() => {
    getLogger('shop').debug('off')
    getLogger('shop', { password: 'hidden' }).warn('low', { left: 2, error })
  })
  assert.is(lines.length, 1)
  assert.is(told.length, 1)
  const [record] = told
  assert.equal([record?.logger, record?.level, record?.message], ['shop', 'warning', 'low'])
  assert.is(record?.timestamp.toISOString(), JSON.parse(lines[0] ?? '').timestamp)
  const { error: thrown, ...fields } = record?.fields ?? {}
  assert.equal(fields, { password: '[redacted]', left: 2 })
  assert.is((thrown as { readonly stack: string }).stack, error.stack)
})

log('it is told with every output but `disabled`, and no longer once it is removed', () => {
  const told: string[] = []
  const remove = watch(({ message }) => told.push(message))
  const own = { info() {}, warn() {}, error() {} }
  for (const logger of ['console', 'json', 'plain', 'disabled', own] as const) {
    configureLogging({ logger })
    written(() => getLogger('x').info(typeof logger === 'string' ? logger : 'own'))
  }
  remove()
  remove()
  configureLogging({ logger: 'json' })
  written(() => getLogger('x').info('after'))
  assert.equal(told, ['console', 'json', 'plain', 'own'])
})

log('it is called at once, in the async context of what logs', async () => {
  const storage = new AsyncLocalStorage<string>()
  const found: unknown[] = []
  watch(() => found.push(storage.getStore()))
  written(() => storage.run('outer', () => getLogger('x').info('sync')))
  assert.equal(found, ['outer'])
  await storage.run('later', async () => {
    await Promise.resolve()
    written(() => getLogger('x').info('async'))
  })
  assert.equal(found, ['outer', 'later'])
})

log('what it logs itself is written, but not told: also to others, and also later', async () => {
  const told: string[] = []
  let later = (): void => undefined
  const wrote = new Promise<string[]>((resolve) => {
    later = () => resolve(messagesOf(() => getLogger('x').info('later')))
  })
  watch(({ message }) => {
    told.push(message)
    getLogger('x').info('inner')
    setTimeout(later)
  })
  watch(({ message }) => told.push(message))
  assert.equal(
    messagesOf(() => getLogger('x').info('outer')),
    ['outer', 'inner'],
  )
  assert.equal(await wrote, ['later'])
  assert.equal(told, ['outer', 'outer'])
})

log('what it throws or rejects with is logged once, and loses no record', async () => {
  const told: string[] = []
  const remove = watch(() => {
    throw new Error('first')
  })
  watch(({ message }) => told.push(message))
  const failed = 'a listener of the log failed'
  const lines = messagesOf(() => {
    getLogger('x').info('one')
    getLogger('x').info('two')
  })
  assert.equal(lines, ['one', failed, 'two'])
  assert.equal(told, ['one', 'two'])
  remove()

  const original = process.stderr.write
  const report = new Promise<string>((resolve) => {
    process.stderr.write = ((chunk: string) => {
      if (chunk.includes(failed)) resolve(chunk)
      return true
    }) as typeof process.stderr.write
  })
  watch(async () => {
    throw new Error('rejected')
  })
  getLogger('x').info('three')
  getLogger('x').info('four')
  const line = await report
  process.stderr.write = original
  assert.is(JSON.parse(line).error.message, 'rejected')
  assert.is(JSON.parse(line).logger, 'tomodachi.log')
})

log.run()
