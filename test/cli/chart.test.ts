// node: 24 only
import { connection, consumer, draw, lifecycle, worker } from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eachOf } from './command.ts'

const chart = suite('cli chart')
const states = ['idle', 'starting', 'started', 'leaving', 'stopping', 'draining', 'stopped']

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

chart('each machine of ours', async () => {
  const cases = [
    { words: 'chart --machine lifecycle', machine: lifecycle },
    { words: 'chart --machine connection', machine: connection },
    { words: 'chart --machine consumer', machine: consumer },
    { words: 'chart --machine Worker', machine: worker },
  ]
  await eachOf(cases, (outcome, { machine }) => {
    assert.equal(outcome, { code: 0, stdout: draw(machine, { format: 'ascii' }), stderr: '' })
  })
})

chart('a machine that is none of ours', async () => {
  await eachOf([{ words: 'chart --machine mill' }], ({ code, stderr }) => {
    assert.is(code, 2)
    assert.match(stderr, /--machine must be lifecycle, connection, consumer or worker, not "mill"/)
  })
})

chart.run()
