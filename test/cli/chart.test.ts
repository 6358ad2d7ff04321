// node: 24 only
import { draw, lifecycle } from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eachOf } from './command.ts'

const chart = suite('cli chart')
const states = ['idle', 'starting', 'started', 'stopping', 'draining', 'stopped']

chart('each format is what draw gives for the lifecycle; ascii is the default', async () => {
  const cases = [
    { words: 'chart', format: 'ascii' },
    { words: 'chart --format ascii', format: 'ascii' },
    { words: 'chart --format=svg', format: 'svg' },
    { words: 'chart --format Mermaid', format: 'mermaid' },
    { words: '--format json chart', format: 'json' },
  ] as const
  await eachOf(cases, async (outcome, { format }) => {
    assert.equal(outcome, { code: 0, stdout: await draw(lifecycle, { format }), stderr: '' })
    for (const state of states) assert.ok(outcome.stdout.includes(state), `${format} lacks ${state}`)
  })
})

chart.run()
