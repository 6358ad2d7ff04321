// time limit: 240 s
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sample } from '../rounds.ts'
import { Command } from './command.ts'

const stopping = suite('cli stop while starting')

for (const workers of [[], ['--workers', '2']]) {
  const where = workers.length > 0 ? ', with workers' : ''
  for (const signal of sample(['SIGTERM', 'SIGINT', 'SIGHUP'] as const, 3)) {
    // With workers a SIGHUP is a rolling restart.
    if (signal === 'SIGHUP' && workers.length > 0) continue
    for (const place of ['load', 'onStart', 'onStarted']) {
      stopping(`${signal} in ${place}${where}: in order, exit code 0`, async () => {
        const command = new Command(['run', ...workers, '--no-capture', 'slow.mjs'], { env: { SLOW: place } })
        await command.prints(`in ${place}`)
        const { code, stdout, stderr } = await command.endsBy(signal)
        assert.is(code, 0, stderr)
        assert.is(stdout.includes('onStop'), place !== 'load')
        assert.not.match(stderr, /tomodachi: |ERROR/)
      })
    }
  }

  for (const exitCode of ['0', '7']) {
    stopping(`exit(${exitCode}) in onStart${where}: exit code ${exitCode}`, async () => {
      const command = new Command(['run', ...workers, '--no-capture', 'slow.mjs'], {
        env: { EXIT: exitCode },
      })
      const { code, stdout, stderr } = await command.ends()
      assert.is(code, Number(exitCode), stderr)
      assert.match(stdout, 'onStop')
    })
  }
}

stopping.run()
