// time limit: 120 s
// coverage: none
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sample } from '../rounds.ts'
import { eachOf, tomodachi } from './command.ts'
import { packageRoot, removeUserFolders, userFolder } from './user-folder.ts'

const logging = suite('cli logging')

logging.after(removeUserFolders)

logging('json: every line of stderr parses, and starts with time, logger, level and message', async () => {
  const { code, stderr } = await tomodachi('run --logger json --log-level debug plain.mjs')
  const records = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.ok(records.length > 3)
  for (const record of records) {
    assert.equal(Object.keys(record).slice(0, 4), ['timestamp', 'logger', 'level', 'message'])
  }
  assert.ok(records.some(({ message, to }) => message === 'transition' && to === 'started'))
  assert.is(code, 0)
})

logging('levels and formats by option and by environment; the option wins', async () => {
  const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z'
  const json =
    /^(\{"timestamp":"[^"]+","logger":"tomodachi\.lifecycle","level":"info","message":"(started|stopped [^"]+)",.*\}\n){2}$/
  const plain = new RegExp(
    `^(${time} info tomodachi\\.lifecycle (started|stopped .+) services=\\["plain"\\].*\n){2}$`,
  )
  const people =
    /^([\d:.]{12} {2}info {3}tomodachi\.lifecycle {7}(started|stopped .+) {2}services=\["plain"\].*\n){2}$/
  const nothing = /^$/
  const debug = /message":"transition"/
  type Case = readonly [options: string, env: Readonly<Record<string, string>>, stderr: RegExp]
  const cases: readonly Case[] = [
    ['', {}, people],
    ['--logger console', { TOMODACHI_LOGGER: 'json' }, people],
    ['--logger json', {}, json],
    ['', { TOMODACHI_LOGGER: 'JSON' }, json],
    ['--logger=plain', { TOMODACHI_LOGGER: 'wrong' }, plain],
    ['', { TOMODACHI_LOGGER: 'plain', TOMODACHI_LOG_LEVEL: '' }, plain],
    ['--logger disabled', {}, nothing],
    ['--log-level warning', {}, nothing],
    ['-l error', { TOMODACHI_LOG_LEVEL: 'debug' }, nothing],
    ['', { TOMODACHI_LOG_LEVEL: 'critical' }, nothing],
    ['-l debug --logger json', {}, debug],
    ['--logger json', { TOMODACHI_LOG_LEVEL: 'DEBUG' }, debug],
    ['--logger json', { TOMODACHI_CUSTOM_LOGGER: 'loggers' }, json],
  ]
  await eachOf(
    sample(cases, 4).map(([options, env, expected]) => ({
      words: `run --production ${options} plain.mjs`,
      env,
      expected,
    })),
    ({ code, stdout, stderr }, { words, expected }) => {
      assert.match(stderr, expected, words)
      assert.equal([stdout, code], ['onStop\n', 0], words)
    },
  )
})

logging('a custom logger: default, named and inner exports', async () => {
  type Case = readonly [option: string, env: Readonly<Record<string, string>>, name: string]
  const cases: readonly Case[] = [
    ['--custom-logger loggers', {}, 'default'],
    ['--custom-logger ./loggers.ts', {}, 'default'],
    ['--custom-logger loggers.named', {}, 'named'],
    ['--custom-logger ./loggers.ts.inner.deep', {}, 'deep'],
    ['', { TOMODACHI_CUSTOM_LOGGER: 'loggers.named' }, 'named'],
    ['--custom-logger loggers', { TOMODACHI_CUSTOM_LOGGER: 'loggers.named' }, 'default'],
    ['--custom-logger loggers', { TOMODACHI_LOGGER: 'json' }, 'default'],
  ]
  await eachOf(
    sample(cases, 3).map(([option, env, name]) => ({
      words: `run --production ${option} plain.mjs`,
      env,
      name,
    })),
    ({ code, stdout, stderr }, { name, words }) => {
      assert.equal(stdout.split('\n')[0], `${name} info: started tomodachi.lifecycle`, words)
      assert.equal([stderr, code], ['', 0], words)
    },
  )
  const { stdout } = await tomodachi('run --custom-logger loggers.named -l debug plain.mjs')
  assert.match(stdout, /^named debug: transition tomodachi\.lifecycle$/m)
})

logging('a logger of a package, which is found from the working directory', async () => {
  const cwd = userFolder(
    {
      'service.mjs': `
        import { exit, Service } from 'tomodachi'
        import { memory } from 'tomodachi/memory'
        const onStarted = () => void setImmediate(() => exit())
        export default new Service({ adapters: [memory()], onStarted })`,
      'node_modules/house.log/package.json': '{ "exports": { "./plain": { "import": "./index.mjs" } } }',
      // The module is the logger itself: it has no default export.
      'node_modules/house.log/index.mjs': `
        export const info = (message) => console.log('house', message)
        export const warn = info
        export const error = info`,
    },
    (modules) => symlinkSync(packageRoot, join(modules, 'tomodachi')),
  )
  const words = 'run --production --custom-logger house.log/plain service.mjs'
  const { code, stdout, stderr } = await tomodachi(words, { cwd })
  assert.match(stdout, /^house started\nhouse stopped after .+\n$/)
  assert.equal([code, stderr], [0, ''])
  const missing = await tomodachi('run --custom-logger house.log service.mjs', { cwd })
  assert.match(missing.stderr, /^tomodachi: cannot use the logger house\.log: .*exports.*\n$/)
  assert.is(missing.code, 2)
})

logging('what cannot be a logger: one sentence, exit code 2', async () => {
  const cases = [
    ['nowhere', 'cannot use the logger nowhere: there is no such file or package'],
    ['./nowhere.named', 'cannot use the logger ./nowhere.named: there is no such file or package'],
    ['loggers.absent', 'cannot use the logger loggers.absent: loggers has no export absent'],
    [
      'loggers.named.absent.deep',
      'cannot use the logger loggers.named.absent.deep: loggers has no export named.absent.deep',
    ],
    [
      'loggers.mute',
      'the logger loggers.mute cannot log; it needs the methods debug, info, warn (or warning) and error',
    ],
    ['mitt', 'the logger mitt cannot log; it needs the methods debug, info, warn (or warning) and error'],
    ['syntax.ts', 'cannot load syntax.ts: syntax.ts:2:22: Unexpected "="'],
  ] as const
  await eachOf(
    sample(cases, 3).map(([name, sentence]) => ({
      words: `run --custom-logger ${name} plain.mjs`,
      sentence,
    })),
    (outcome, { sentence }) => {
      assert.equal(outcome, { code: 2, stdout: '', stderr: `tomodachi: ${sentence}\n` })
    },
  )
})

logging.run()
