// time limit: 120 s
// node: 24 only
// coverage: none
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { FuzzOutcome } from './chaos/fuzz.ts'

const fuzz = suite('chaos fuzz')

fuzz('no broken input ends the server, holds it up, or stays with it', () => {
  const main = fileURLToPath(new URL('chaos/main.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'fuzz', '--short', '--json'], {
    encoding: 'utf8',
  })
  assert.is(status, 0, `${stdout}${stderr}`)
  const { inputs, before, after } = JSON.parse(stdout) as FuzzOutcome
  assert.equal(Object.keys(inputs), ['requests', 'plainFrames', 'compressedFrames', 'messages', 'forms'])
  assert.ok(Object.values(inputs).every((count) => count > 0))
  assert.is(after.handles, before.handles)
  assert.ok(after.isReady)
})

fuzz.run()
