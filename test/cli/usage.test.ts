// time limit: 120 s
// node: 24 only
// coverage: none
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eachOf, tomodachi } from './command.ts'

const usage = suite('cli usage')

const { version, dependencies } = JSON.parse(
  readFileSync(new URL(import.meta.resolve('tomodachi/package.json')), 'utf8'),
)

usage('wrong usage: one sentence on stderr, nothing on stdout, exit code 2', async () => {
  const formats = 'console, json, plain or disabled'
  const levels = 'debug, info, warning, warn, error, critical'
  const cases = [
    ['rnu plain.mjs', 'there is no command "rnu"; did you mean run?'],
    ['help', 'there is no command "help"; did you mean --help?'],
    ['serve', 'there is no command "serve"; the commands are run, start, check, chart, dlq'],
    ['plain.mjs', 'there is no command "plain.mjs"; to run a file, write "tomodachi run plain.mjs"'],
    [
      'plain --production',
      'there is no command "plain"; to run a file, write "tomodachi run plain --production"',
    ],
    ['run --prodution plain.mjs', 'there is no option --prodution; did you mean --production?'],
    ['run --custom plain.mjs', 'there is no option --custom; did you mean --custom-logger?'],
    ['run --loop=uvloop plain.mjs', 'there is no option --loop; tomodachi --help lists the options'],
    ['--constructor', 'there is no option --constructor; tomodachi --help lists the options'],
    ['run -x plain.mjs', 'there is no option -x; tomodachi --help lists the options'],
    ['run --production=no plain.mjs', 'the option --production does not take a value, but got "no"'],
    [
      'run plain.mjs --logger',
      'the option --logger needs a value: console, json, plain or disabled (console)',
    ],
    [
      'run --logger --production plain.mjs',
      'the option --logger needs a value: console, json, plain or disabled (console)',
    ],
    ['run --logger xml plain.mjs', `the option --logger must be ${formats}, not "xml"`],
    ['run --logger= plain.mjs', `the option --logger must be ${formats}, not ""`],
    ['run --format svg plain.mjs', 'the command run has no option --format'],
    ['run -l loud plain.mjs', `the log level loud is unknown; choose one of ${levels}`],
    ['run -l info,console=loud plain.mjs', `the log level loud is unknown; choose one of ${levels}`],
    [
      'run -l info,console= plain.mjs',
      'the option --log-level must be a level, name=level, or several of them separated by commas, none twice, not "info,console="',
    ],
    [
      'run --logger json --custom-logger loggers plain.mjs',
      '--logger and --custom-logger cannot be used together; set only one of them',
    ],
    ...['0', '-1', '2.5', 'two', '513', '9700', '0x2', '1e1'].map(
      (value) =>
        [
          `run --workers=${value} plain.mjs`,
          `the option --workers must be a whole number from 1 to 512, or auto, not "${value}"`,
        ] as const,
    ),
    ['chart --workers 2', 'the command chart has no option --workers'],
    ['chart --env-file plain.mjs', 'the command chart has no option --env-file'],
    ['chart --production', 'the command chart has no option --production'],
    ['chart plain.mjs', 'the command chart does not take a file, but got "plain.mjs"'],
    ['chart --format pdf', 'the option --format must be ascii, svg, mermaid or json, not "pdf"'],
  ] as const
  await eachOf(
    cases.map(([words, sentence]) => ({ words, sentence })),
    (outcome, { words, sentence }) => {
      assert.equal(outcome, { code: 2, stdout: '', stderr: `tomodachi: ${sentence}\n` }, words)
    },
  )
})

usage('wrong values in the environment name their variable', async () => {
  const words = 'run plain.mjs'
  const cases = [
    [
      { TOMODACHI_LOGGER: 'python' },
      'the option TOMODACHI_LOGGER must be console, json, plain or disabled, not "python"',
    ],
    [
      { TOMODACHI_WORKERS: 'all' },
      'the option TOMODACHI_WORKERS must be a whole number from 1 to 512, or auto, not "all"',
    ],
    [
      { TOMODACHI_LOG_LEVEL: 'loud' },
      'the log level loud is unknown; choose one of debug, info, warning, warn, error, critical',
    ],
    [
      { TOMODACHI_LOG_LEVEL: 'info,debug' },
      'the option TOMODACHI_LOG_LEVEL must be a level, name=level, or several of them separated by commas, none twice, not "info,debug"',
    ],
    [
      { TOMODACHI_LOGGER: 'json', TOMODACHI_CUSTOM_LOGGER: 'loggers' },
      'TOMODACHI_LOGGER and TOMODACHI_CUSTOM_LOGGER cannot be used together; set only one of them',
    ],
  ] as const
  await eachOf(
    cases.map(([env, sentence]) => ({ words, env, sentence })),
    (outcome, { sentence }) => {
      assert.equal(outcome, { code: 2, stdout: '', stderr: `tomodachi: ${sentence}\n` })
    },
  )
})

usage('help, without words too: everything is in it', async () => {
  const { code, stdout, stderr } = await tomodachi('--help')
  assert.equal([code, stderr], [0, ''])
  const names = [
    'run',
    'start',
    'chart',
    '--log-level',
    '--logger',
    '--custom-logger',
    '--no-capture',
    '--production',
    '--workers',
    '--env-file',
    '--format',
    '--machine',
    'dlq',
    'redrive',
    '--limit',
    '--payload',
    '--dry-run',
    '--yes',
    '--json',
    'check',
    '--timeout',
  ]
  const variables = ['LOG_LEVEL', 'LOGGER', 'CUSTOM_LOGGER', 'NO_CAPTURE', 'PRODUCTION', 'WORKERS'].map(
    (name) => `TOMODACHI_${name}`,
  )
  for (const name of [...names, ...variables, '--version', '--dependency-versions']) {
    assert.ok(stdout.includes(name), name)
  }
  assert.ok(stdout.split('\n').every((line) => line.length <= 110))
  await eachOf([{ words: '' }, { words: 'run -h nothing.ts' }], (outcome) => {
    assert.equal(outcome, { code, stdout, stderr })
  })
})

usage('version', async () => {
  await eachOf([{ words: '--version' }, { words: '-v' }, { words: '-V' }], (outcome) => {
    assert.equal(outcome, { code: 0, stdout: `tomodachi ${version}\n`, stderr: '' })
  })
})

usage('dependency versions: one line each, ours and node first', async () => {
  const { code, stdout, stderr } = await tomodachi('--dependency-versions')
  assert.equal([code, stderr], [0, ''])
  const [own, node, ...others] = stdout.trimEnd().split('\n')
  assert.equal([own, node], [`tomodachi/${version}`, `node/${process.versions.node}`])
  assert.ok(
    others.every((line) => /^(@[\w-]+\/)?[\w-]+\/\d+\.\d+\.\d+$/.test(line)),
    stdout,
  )
  for (const name of Object.keys(dependencies))
    assert.ok(
      others.some((line) => line.startsWith(`${name}/`)),
      name,
    )
})

usage('a file that has become the value of --workers', async () => {
  const { code, stderr } = await tomodachi('run --workers plain.mjs')
  const sentence = 'the option --workers must be a whole number from 1 to 512, or auto, not "plain.mjs"'
  assert.equal([code, stderr], [2, `tomodachi: ${sentence}\n`])
})

usage.run()
