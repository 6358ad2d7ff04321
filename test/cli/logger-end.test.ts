// time limit: 120 s
// coverage: none
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from './command.ts'
import { linked, removeUserFolders, userFolder } from './user-folder.ts'

const ending = suite('cli: the end of a logger')
ending.after(removeUserFolders)

const service = `
  import { exit, Service } from 'tomodachi'
  import { memory } from 'tomodachi/memory'
  const onStarted = () => {
    if (process.env.FAIL) throw new Error('no')
    setImmediate(() => exit())
  }
  export default new Service({ name: 'ends', adapters: [memory()], onStarted })`

/** Loggers that hold their lines until they are asked for them, and then take a moment. */
const held = `
  import { writeFileSync } from 'node:fs'
  import { Writable } from 'node:stream'
  const lines = []
  const write = (message) => void lines.push(message)
  const save = () => writeFileSync('log.txt', lines.concat('end').join('\\n'))
  const later = (done) => setTimeout(() => { save(); done?.() }, 50)
  const methods = { debug: write, info: write, warn: write, error: write }
  const stream = (end) => Object.assign(new Writable({ final: end, write: (c, e, done) => done() }), methods)
  export const promise = { ...methods, flush: () => new Promise(later) }
  export const callback = { ...methods, flush: (done) => later(done) }
  export const sync = { ...methods, flush: save }
  export const endPromise = { ...methods, end: () => new Promise(later) }
  export const endCallback = { ...methods, end: (done) => later(done) }
  export const finish = stream(later)
  export const bunyan = {
    ...Object.fromEntries(Object.keys(methods).map((level) => [level, (fields, message) => write(message + ' ' + fields.logger)])),
    addSerializers() {},
    streams: [{ stream: new Writable({ write: (c, e, done) => later(done) }) }],
  }
  export const throwing = { ...methods, flush: () => { save(); throw new Error('x') } }
  export const failing = stream((done) => { save(); done(new Error('disk full')) })
  export const stuck = { ...methods, flush: (done) => save() }`

async function logged(name: string, options = '', env: Record<string, string> = {}) {
  const cwd = userFolder({ 'service.mjs': service, 'held.mjs': held }, linked)
  const words = `run --production ${options} --custom-logger held.mjs.${name} service.mjs`
  const { code } = await new Command(words.split(' ').filter(Boolean), { cwd, env }).ends()
  const file = join(cwd, 'log.txt')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return {
    code,
    lines: text === '' ? [] : text.replaceAll(/(after|for) [\d.]+ m?s/g, '$1 a while').split('\n'),
  }
}

for (const name of [
  'promise',
  'callback',
  'sync',
  'endPromise',
  'endCallback',
  'finish',
  'throwing',
  'failing',
  'stuck',
]) {
  ending(`a stop waits for a logger: ${name}`, async () => {
    const lines = ['started', 'stopped after a while: drained for a while, exit code 0', 'end']
    assert.equal(await logged(name), { code: 0, lines })
  })
}

ending('a stop waits for the streams of bunyan, which gets its fields first', async () => {
  const lines = ['started', 'stopped after a while: drained for a while, exit code 0'].map(
    (line) => `${line} tomodachi.lifecycle`,
  )
  assert.equal(await logged('bunyan'), { code: 0, lines: [...lines, 'end'] })
})

ending('a start that fails waits for the logger', async () => {
  const { code, lines } = await logged('finish', '', { FAIL: '1' })
  assert.equal([code, lines.at(-1)], [1, 'end'])
})

ending.run()
