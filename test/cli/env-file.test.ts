// time limit: 120 s
// coverage: none
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { binary, Command, eachOf, tomodachi } from './command.ts'
import { linked, removeUserFolders, userFolder } from './user-folder.ts'

const files = suite('cli --env-file')
files.after(removeUserFolders)

const service = `
  import { exit, Service } from 'tomodachi'
  import { memory } from 'tomodachi/memory'
  const { ONE, TWO, THREE, CODE = '0' } = process.env
  console.log(JSON.stringify([ONE, TWO, THREE]))
  const bus = memory()
  export default new Service({ name: 'orders', onStarted: () => setImmediate(() => exit(Number(CODE))) })
    .on(bus.topic('orders', { queue: 'orders', deadLetter: 'dead-' + ONE }), () => {})`

const folder = userFolder(
  {
    'service.mjs': service,
    'a.env': `# A comment\nONE=a\nexport TWO='a b'\nTHREE="a"\n`,
    'b.env': 'TWO=b\n',
    'settings.env': 'TOMODACHI_PRODUCTION=1\nTOMODACHI_LOGGER=json\nTOMODACHI_LOG_LEVEL=info\nCODE=7\n',
    'wrong.env': 'TOMODACHI_WORKERS=all\n',
    'folder/x': '',
  },
  linked,
)

files(
  'variables are set before the services are loaded; a later file wins, and what is set stays',
  async () => {
    const given = '--no-capture service.mjs'
    const cases = [
      { words: `run --env-file a.env ${given}`, env: {}, seen: ['a', 'a b', 'a'] },
      { words: `run ${given} --env-file a.env --env-file=b.env`, env: {}, seen: ['a', 'b', 'a'] },
      { words: `run --env-file b.env --env-file a.env ${given}`, env: {}, seen: ['a', 'a b', 'a'] },
      {
        words: `start --env-file ./a.env --env-file b.env ${given}`,
        env: { ONE: 'mine', THREE: '' },
        seen: ['mine', 'b', ''],
      },
      { words: `run ${given}`, env: {}, seen: [null, null, null] },
    ]
    await eachOf(
      cases.map((each) => ({ ...each, cwd: folder })),
      ({ code, stdout, stderr }, { seen, words }) => {
        assert.is(stdout.split('\n')[0], JSON.stringify(seen), words)
        assert.is(code, 0, stderr)
      },
    )
  },
)

files('the variables of the command itself may stand in it', async () => {
  const { code, stdout, stderr } = await tomodachi('run --env-file settings.env service.mjs', { cwd: folder })
  assert.equal([code, stdout], [7, ''])
  const records = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { message: string })
  assert.ok(records.some(({ message }) => message === 'started'))
  const outcome = await tomodachi('run --env-file wrong.env service.mjs', { cwd: folder })
  const sentence = 'the option TOMODACHI_WORKERS must be a whole number from 1 to 512, or auto, not "all"'
  assert.equal(outcome, { code: 2, stdout: '', stderr: `tomodachi: ${sentence}\n` })
})

files('workers inherit the variables, also once the file has gone', async () => {
  const cwd = userFolder(
    { 'service.mjs': service.replace('setImmediate(() => exit(Number(CODE)))', '{}'), 'w.env': 'ONE=w\n' },
    linked,
  )
  const command = new Command(
    ['run', '--env-file', 'w.env', '--workers', '2', '--no-capture', 'service.mjs'],
    {
      cwd,
    },
  )
  await command.prints('press Ctrl-C to stop')
  rmSync(join(cwd, 'w.env'))
  command.child.kill('SIGHUP')
  await command.prints('rolling restart done')
  const { code, stdout } = await command.endsBy('SIGTERM')
  assert.is(stdout.match(/^\["w",null,null\]$/gm)?.length, 4)
  assert.is(code, 0)
})

files('dlq reads it too', async () => {
  const { code, stdout } = await tomodachi('dlq ls --env-file a.env service.mjs', { cwd: folder })
  assert.match(stdout, / dead-a /)
  assert.is(code, 0)
})

files('a file that cannot be read: one sentence, exit code 2, and nothing is run', () => {
  for (const [words, file, reason] of [
    ['run --env-file nothing.env service.mjs', 'nothing.env', 'there is no such file'],
    ['run --env-file a.env --env-file folder service.mjs', 'folder', 'it is a folder'],
    ['dlq ls --env-file nothing.env service.mjs', 'nothing.env', 'there is no such file'],
  ] as const) {
    // Without -- node looks for the file before it begins with the program, and says itself that there is none.
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--', binary, ...words.split(' ')], {
      cwd: folder,
      encoding: 'utf8',
    })
    assert.equal(
      [status, stdout, stderr],
      [2, '', `tomodachi: cannot read the environment file ${file}: ${reason}\n`],
      words,
    )
  }
})

files.run()
