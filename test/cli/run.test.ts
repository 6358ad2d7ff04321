// time limit: 120 s
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getContext } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sample } from '../rounds.ts'
import { binary, Command, eachOf, fixtures, tomodachi } from './command.ts'

const running = suite('cli run')

const stoppedLine =
  /tomodachi\.lifecycle +stopped after [\d.]+ m?s: drained for [\d.]+ m?s, exit code 0 {2}services=.* milliseconds=\d+ drainMilliseconds=\d+ exitCode=0\n$/

running(
  'the banner tells versions, urls, routes and topics; SIGINT stops in order with exit code 0',
  async () => {
    const command = new Command(['run', 'hello.ts', 'quiet.ts'])
    await command.prints('press Ctrl-C to stop')
    const { stdout } = command
    const [url = ''] = /http:.*$/m.exec(stdout) ?? []
    assert.is(
      stdout,
      `
  hello, quiet  tomodachi ${getContext().version}, node ${process.versions.node}, pid ${command.child.pid}

  http  ${url}
    GET /hello/:name      hello: greet
    POST /fail            hello

  memory
    greeted in greetings  hello: count

  memory

  press Ctrl-C to stop

`,
    )
    assert.is(await (await fetch(`${url}/hello/you`)).text(), 'hello you')
    const outcome = await command.endsBy('SIGINT')
    assert.match(outcome.stderr, /received SIGINT, stopping/)
    assert.match(outcome.stderr, stoppedLine)
    assert.is(outcome.stderr.match(/stopped after/g)?.length, 1)
    assert.not.match(outcome.stderr, ' started ', 'the banner has said so')
    assert.is(outcome.stdout, `${stdout}onStop\n`)
    assert.is(outcome.code, 0)
  },
)

running('SIGTERM stops in order too', async () => {
  const command = new Command(['run', 'hello.ts'])
  await command.prints('press Ctrl-C to stop')
  const { code, stdout } = await command.endsBy('SIGTERM')
  assert.match(stdout, /\nonStop\n$/)
  assert.is(code, 0)
})

running('production, by option or environment, leaves the banner out and logs the start', async () => {
  type Case = readonly [options: string, value: string, isProduction: boolean]
  const cases: readonly Case[] = [
    ['--production', '', true],
    ['--production', '0', true],
    ['', '1', true],
    ['', 'true', true],
    ['', '', false],
    ['', '0', false],
    ['', 'no', false],
    ['', 'None', false],
    ['', 'false', false],
  ]
  await eachOf(
    sample(cases, 4).map(([options, value, isProduction]) => ({
      words: `run ${options} plain.mjs`,
      env: { TOMODACHI_PRODUCTION: value },
      isProduction,
    })),
    ({ code, stdout, stderr }, { isProduction, words, env }) => {
      const given = `${words} ${env.TOMODACHI_PRODUCTION}`
      assert.is(stdout.includes('press Ctrl-C'), !isProduction, given)
      assert.is(/tomodachi\.lifecycle +started {2}services=\["plain"\]/.test(stderr), isProduction, given)
      assert.is(code, 0)
    },
  )
})

running('colours only where they are asked for', async () => {
  const escapeCode = String.fromCharCode(27)
  const plain = await tomodachi('run plain.mjs')
  assert.not.ok((plain.stdout + plain.stderr).includes(escapeCode))
  const forced = await tomodachi('run plain.mjs', { env: { FORCE_COLOR: '1' } })
  assert.ok(forced.stdout.includes(`${escapeCode}[1mplain${escapeCode}[22m`))
})

running('the banner lists so many handlers and counts the rest', async () => {
  const { stdout } = await tomodachi('run many.mjs')
  assert.match(stdout, /^ {4}topic\.20\n {4}and 5 more\n\n/m)
  assert.not.match(stdout, 'topic.21')
})

running('exit(code) is the exit code', async () => {
  const cases = ['0', '7'].map((code) => ({ words: 'run plain.mjs', env: { CODE: code } }))
  await eachOf(cases, ({ code, stderr }, { env }) => {
    assert.is(code, Number(env.CODE))
    assert.match(stderr, `, exit code ${env.CODE} `)
  })
})

running('a reader that goes away ends neither chart nor service with a stack', async () => {
  const chart = new Command(['chart', '--format', 'svg'])
  chart.child.stdout?.destroy()
  assert.equal(await chart.ends(), { code: 0, stdout: '', stderr: '' })
  const service = new Command(['run', '--logger', 'plain', 'hello.ts'])
  service.child.stdout?.destroy()
  await service.prints('accepting http requests')
  const { code, stderr } = await service.endsBy('SIGINT')
  assert.not.match(stderr, 'EPIPE')
  assert.is(code, 0)
})

running('the command is executable, through a link as npm makes it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-cli-'))
  const link = join(folder, 'tomodachi')
  symlinkSync(binary, link)
  const { status, stdout } = spawnSync(link, ['run', 'plain.mjs'], { cwd: fixtures, encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  assert.match(stdout, /^ {2}plain {2}tomodachi/m)
  assert.is(status, 0)
})

running.run()
