// coverage: none
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { binary, fixtures } from './cli/command.ts'

const loading = suite('what an entry loads')

/** Of everybody who runs a service. */
const kernel = ['loglevel', 'mitt', 'xstate']
const router = [
  'fast-decode-uri-component',
  'fast-deep-equal',
  'fast-querystring',
  'find-my-way',
  'ret',
  'safe-regex2',
]

/** The packages that are loaded with each entry, and not only when something of it is used. */
const packages: Readonly<Record<string, readonly string[]>> = {
  tomodachi: kernel,
  'tomodachi/adapter-kit': kernel,
  'tomodachi/http': [...kernel, ...router],
  'tomodachi/websocket': [...kernel, 'ws'],
  'tomodachi/memory': kernel,
  'tomodachi/schedule': kernel,
  'tomodachi/amqp': kernel,
  'tomodachi/redis': kernel,
  'tomodachi/sns-sqs': kernel,
  'tomodachi/opentelemetry': ['@opentelemetry/api', ...kernel],
  'tomodachi/conformance': kernel,
  'tomodachi/envelopes': [],
  'tomodachi/statecharts': ['xstate'],
}

/** Runs a program in a fresh process; answers with the URLs of all files that were loaded. */
function loadedBy(program: string): readonly string[] {
  const text = `
    import { writeSync } from 'node:fs'
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
    process.on('exit', () => writeSync(1, '\\n' + JSON.stringify(urls.filter((url) => url.startsWith('file:')))))
    ${program}
  `
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    cwd: fixtures,
    encoding: 'utf8',
  })
  assert.is(status, 0, stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

/** Without leven, one small file that is loaded wherever options are checked. */
function packagesOf(urls: readonly string[]): readonly string[] {
  const names = urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])
  return [...new Set(names)].filter((name) => name !== 'leven').sort()
}

/** `adapters/http` and the like. */
function foldersOf(urls: readonly string[]): readonly string[] {
  const names = urls.flatMap((url) => /\/dist\/(adapters\/[^/]+)/.exec(url)?.[1] ?? [])
  return [...new Set(names)].sort()
}

loading('the table names every entry', () => {
  const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const entries = Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => path.replace('.', 'tomodachi'))
  assert.equal(Object.keys(packages).sort(), entries.sort())
})

for (const [entry, expected] of Object.entries(packages)) {
  loading(`${entry} loads ${expected.join(', ') || 'no package'}, and no adapter but its own`, () => {
    const urls = loadedBy(`await import('${entry}')`)
    assert.ok(urls.length > 0)
    assert.equal(packagesOf(urls), [...expected].sort())
    assert.not.ok(urls.some((url) => /xstate-graph|xstate-dev\.development/.test(url)))
    const ofOthers = foldersOf(urls).filter((folder) => folder !== entry.replace('tomodachi/', 'adapters/'))
    assert.equal(ofOthers, [])
  })
}

const serving = `
  const { configureLogging, Kernel, Service } = await import('tomodachi')
  const { client, http } = await import('tomodachi/http')
  configureLogging({ logger: 'disabled' })
  const api = http({ port: 0, host: '127.0.0.1' })
  const adapters = []
  const start = () =>
    new Kernel([new Service({ adapters }).on(api.get('/'), () => 'hello')], { ownsProcess: false }).start()
`

for (const [title, more, use] of [
  [
    'an HTTP service that answers loads nothing else',
    [],
    `const kernel = await start(); await (await fetch(api.url)).text(); await kernel.stop()`,
  ],
  [
    'a client of HTTP loads undici when it is opened',
    ['undici'],
    `adapters.push(client('http://127.0.0.1:1')); await (await start()).stop()`,
  ],
  ['a client of HTTP loads nothing before', [], `client('http://127.0.0.1:1')`],
] as const) {
  loading(title, () => {
    assert.equal(packagesOf(loadedBy(`${serving}${use}`)), [...kernel, ...router, ...more].sort())
  })
}

const scheduling = `const { schedule } = await import('tomodachi/schedule');`

for (const [title, more, use] of [
  ['a schedule of seconds loads neither luxon nor cron-parser', [], `schedule().every('5s')`],
  ['a zone loads luxon', ['luxon'], `schedule({ timezone: 'Europe/Stockholm' })`],
  ['a date loads luxon', ['luxon'], `schedule().at('2027-01-31T08:00Z')`],
  [
    'a cron expression loads cron-parser, which loads luxon',
    ['cron-parser', 'luxon'],
    `schedule().every('daily')`,
  ],
] as const) {
  loading(title, () => {
    const urls = loadedBy(`${scheduling}${use}`)
    assert.equal(packagesOf(urls), [...kernel, ...more].sort())
    assert.ok(urls.filter((url) => url.includes('/node_modules/luxon/')).length <= 1, 'luxon is loaded once')
  })
}

loading('tomodachi run loads tsx for TypeScript, and only then', () => {
  const running = (file: string) =>
    loadedBy(`process.argv.push('tomodachi', 'run', '${file}'); await import(${JSON.stringify(binary)})`)
  assert.equal(packagesOf(running('plain.mjs')), kernel)
  assert.ok(packagesOf(running('decorated.ts')).includes('tsx'))
})

loading.run()
