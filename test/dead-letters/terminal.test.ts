// time limit: 120 s
// coverage: none
import { spawn, spawnSync } from 'node:child_process'
import { Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { binary, fixtures, inherited } from '../cli/command.ts'
import { busOn, emulator, lettersIn } from '../sns-sqs/world.ts'

const inTerminal = suite('tomodachi dlq in a terminal')

/** util-linux's, which runs a command in a terminal of its own. */
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
const test = hasScript ? inTerminal : inTerminal.skip

/** Runs the command in a terminal; types the answer when it asks. Resolves with what the terminal showed. */
async function typed(
  words: string,
  answer: string,
  env: Record<string, string>,
): Promise<[string, number | null]> {
  const command = `'${process.execPath}' '${binary}' ${words}`
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd: fixtures,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...inherited(), NO_COLOR: '1', ...env },
  })
  let said = ''
  let isAnswered = false
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk
    if (isAnswered || !said.includes('[y/N]')) return
    isAnswered = true
    child.stdin.write(answer)
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return [said, code]
}

test('discard asks, and a long way shows how far it has come', async () => {
  const server = await emulator()
  const env = { BUS: 'aws', BROKER_URL: `http://127.0.0.1:${server.port}` }
  try {
    server.createQueue('orders-dead', { region: 'eu-west-1' })
    const bus = busOn(server.port)
    const kernel = await new Kernel([new Service({ adapters: [bus] })], { ownsProcess: false }).start()
    await Promise.all(Array.from({ length: 400 }, (_, n) => bus.sendMessage('orders-dead', { n })))
    await kernel.stop()
    const words = 'dlq discard dead-letters.ts orders-dead'
    for (const answer of ['n\r', '\r', '\x04', '\x03']) {
      const [said, code] = await typed(words, answer, env)
      assert.match(said, 'discard 400 messages of orders-dead? [y/N]')
      assert.is(code, 1, said)
    }
    assert.is(lettersIn(server, 'orders-dead').length, 400)
    const [said, code] = await typed(words, 'y\r', env)
    assert.match(said, /█+░* \d+ % of 400/)
    assert.match(said, '400 messages of orders-dead discarded')
    assert.is(code, 0)
    assert.is(lettersIn(server, 'orders-dead').length, 0)
  } finally {
    await server.stop()
  }
})

inTerminal.run()
