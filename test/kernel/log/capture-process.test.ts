// time limit: 120 s
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { recordsIn, runProgram } from './program.ts'

const log = suite('captured warnings and errors')

const warn = `
  process.emitWarning('careful', { type: 'OwnWarning', code: 'OWN1', detail: 'with care' })
  process.emitWarning('old', 'DeprecationWarning', 'DEP9')
  await sleep(5)`

log('a warning is one record, and node prints no line of its own', async () => {
  const { code, stderr } = await runProgram(warn)
  assert.is(code, 0)
  assert.equal(recordsIn(stderr), [
    {
      logger: 'node.warning',
      level: 'warning',
      message: 'careful',
      type: 'OwnWarning',
      code: 'OWN1',
      detail: 'with care',
    },
    { logger: 'node.warning', level: 'warning', message: 'old', type: 'DeprecationWarning', code: 'DEP9' },
  ])
})

log("node's own options decide which warnings there are", async () => {
  const messages = async (...flags: string[]) => {
    const { stderr } = await runProgram(warn, { flags })
    return recordsIn(stderr).map(({ message }) => message)
  }
  const [none, byCode, byType, deprecation] = await Promise.all([
    messages('--no-warnings'),
    messages('--disable-warning=OWN1'),
    messages('--disable-warning=DeprecationWarning'),
    messages('--no-deprecation'),
  ])
  assert.equal([none, byCode, byType, deprecation], [[], ['old'], ['careful'], ['careful']])
  const { stderr } = await runProgram(warn, { env: { NODE_OPTIONS: '--trace-warnings' } })
  const [traced] = recordsIn(stderr)
  assert.match(traced.error.stack, /^OwnWarning: careful\n +at /)
})

log('a warning of any name, or that cannot be read, ends nothing', async () => {
  const { code, stderr } = await runProgram(
    `
    process.emitWarning('one', { type: 'C++Warning', code: '(' })
    process.emitWarning('two', '[')
    process.emitWarning('three', { type: '*', detail: '?' })
    const broken = (key) => Object.defineProperty(new Error('x'), key, { get() { throw new Error('no') } })
    for (const key of ['name', 'message', 'code', 'detail', 'stack']) process.emit('warning', broken(key))
    process.emit('warning', new Proxy(new Error('x'), { get() { throw new Error('no') } }))
    process.emit('warning', Object.create(null))
    for (const warning of [null, undefined, 'text', 1, Symbol('s'), () => {}, { name: {}, message: [1n] }]) {
      process.emit('warning', warning)
    }
    await sleep(5)
    process.emitWarning('last')
    await sleep(5)`,
    { flags: ['--trace-warnings', '--disable-warning=OTHER'] },
  )
  assert.is(code, 0, stderr)
  const records = recordsIn(stderr)
  assert.equal(
    records.slice(-1).map(({ message }) => message),
    ['last'],
  )
  assert.equal(
    ['one', 'two', 'three'].map((text) => records.find(({ message }) => message === text)?.type),
    ['C++Warning', '[', '*'],
  )
  assert.is(records.filter(({ logger }) => logger === 'node.warning').length, 18)
})

log('undone, node prints its line again, once', async () => {
  const { stderr } = await runProgram(`undo();${warn}`)
  assert.match(stderr, /^\(node:\d+\) \[OWN1\] OwnWarning: careful\nwith care\n/)
  assert.is(stderr.match(/careful/g)?.length, 1)
})

log(
  'an uncaught error and an unhandled rejection are one record each, and end the process with 1',
  async () => {
    const cases: [program: string, record: object][] = [
      [`throw new RangeError('boom')`, { message: 'uncaught error: boom', name: 'RangeError' }],
      [
        `setTimeout(() => { throw new RangeError('boom') }); await sleep(1e6)`,
        { message: 'uncaught error: boom', name: 'RangeError' },
      ],
      [
        `Promise.reject(new TypeError('lost')); await sleep(1e6)`,
        { message: 'unhandled rejection: lost', name: 'TypeError' },
      ],
      [`setTimeout(() => { throw 'text' }); await sleep(1e6)`, { message: 'uncaught error', value: 'text' }],
      [`setTimeout(() => { throw null }); await sleep(1e6)`, { message: 'uncaught error' }],
      [
        `setTimeout(() => { throw Object.defineProperty(new Error(), 'message', { get() { throw 1 } }) }); await sleep(1e6)`,
        { message: 'uncaught error: [unreadable]', name: 'Error' },
      ],
    ]
    await Promise.all(
      cases.map(async ([program, expected]) => {
        const { code, stdout, stderr } = await runProgram(program)
        assert.equal([code, stdout], [1, ''], program)
        const [{ logger, level, message, error, value }, ...more] = recordsIn(stderr)
        assert.equal([logger, level, more], ['node.uncaught', 'error', []], program)
        const found = { message, ...(error ? { name: error.name } : {}), ...(value ? { value } : {}) }
        // A module that throws at its top level is a rejection to node.
        assert.equal(
          { ...found, message: message.replace('unhandled rejection: boom', 'uncaught error: boom') },
          expected,
        )
        if (error?.name === 'RangeError') assert.match(error.stack, /^RangeError: boom\n +at /)
      }),
    )
  },
)

const service = `
  const bus = memory()
  const service = new Service({ name: 'shop', onStop: () => process.stdout.write('onStop ') }).on(bus.topic('work'), async () => {
    setTimeout(() => { throw new Error('boom') }, 40)
    setTimeout(() => { throw new Error('again') }, 60)
    await sleep(200)
    process.stdout.write('finished ')
  })
`

log(
  'running services are stopped in order first: handlers finish, hooks run, the exit code is 1',
  async () => {
    const kernels = ['await run(service)', 'await new Kernel([service], { ownsProcess: false }).start()']
    await Promise.all(
      kernels.map(async (start) => {
        const { code, stdout, stderr } = await runProgram(`${service}
        ${start}
        process.on('exit', () => process.stdout.write('exit'))
        await bus.publish('work', {})`)
        assert.equal([code, stdout], [1, 'finished onStop exit'], start)
        const records = recordsIn(stderr).filter(({ logger }) => logger === 'node.uncaught')
        assert.equal(
          records.map(({ message }) => message),
          ['uncaught error: boom', 'uncaught error: again'],
        )
      }),
    )
  },
)

log('an error while a signal already stops the services makes the exit code 1 too', async () => {
  const { code, stdout } = await runProgram(`${service}
    const kernel = await run(service)
    kernel.bus.on('received', () => process.kill(process.pid, 'SIGTERM'))
    await bus.publish('work', {})`)
  assert.equal([code, stdout], [1, 'finished onStop '])
})

log('a listener of the program decides, as ever, whether the process goes on', async () => {
  const { code, stdout, stderr } = await runProgram(`
    process.on('uncaughtException', ({ message }) => process.stdout.write(message))
    setTimeout(() => { throw new Error('boom') })
    await sleep(50)
    process.stdout.write(' goes on')`)
  assert.equal([code, stdout], [0, 'boom goes on'])
  assert.is(recordsIn(stderr).length, 1)
})

log('undone, node ends the process and prints the error', async () => {
  const { code, stderr } = await runProgram(`undo(); throw new Error('boom')`)
  assert.is(code, 1)
  assert.match(stderr, /Error: boom\n +at .*Node\.js v/s)
})

log.run()
