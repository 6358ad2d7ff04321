// time limit: 120 s
// coverage: none
// node: 24 only
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from '../../cli/command.ts'
import { removeUserFolders } from '../../cli/user-folder.ts'
import { project } from './project.ts'

const diagnostics = suite('run --opentelemetry-instrument: diagnostics')
diagnostics.after(removeUserFolders)

/** Says the same with other ids, then more than is remembered. */
const talking = `
  import { setFlagsFromString } from 'node:v8'
  import { runInNewContext } from 'node:vm'
  import { diag } from '@opentelemetry/api'
  import { exit, Service } from 'tomodachi'
  import { memory } from 'tomodachi/memory'
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const words = (number) => String(number).replace(/\\d/g, (digit) => 'ghijklmnop'[digit])
  export default new Service({ onStarted() {
    for (const id of ['0af7651916cd43dd', 'b7ad6b7169203331', 'feedfacecafebeef']) diag.warn('dropped ' + id)
    for (let number = 0; number < 300; number++) diag.warn('number ' + words(number))
    collect()
    const before = process.memoryUsage().heapUsed
    for (let number = 300; number < 700; number++) diag.warn(words(number) + 'x'.repeat(100_000))
    collect()
    console.log('grown by', process.memoryUsage().heapUsed - before, 'bytes')
    exit(0)
  } }).on(memory().topic('anything'), () => {})`

diagnostics('what differs in ids is said once, and what is remembered has a bound', async () => {
  const cwd = project({ texts: { 'service.mjs': talking } })
  const words = ['run', '--opentelemetry-instrument', '--no-capture', 'service.mjs']
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }
  const { code, stdout, stderr } = await new Command(words, { cwd, env }).ends()
  assert.is(code, 0, stderr)
  assert.is(stderr.match(/ dropped /g)?.length, 1)
  const numbers = stderr.match(/ number /g)?.length ?? 0
  assert.ok(numbers > 0 && numbers < 300, `${numbers}`)
  const [, grown] = /^grown by (-?\d+) bytes$/m.exec(stdout) ?? []
  assert.ok(Number(grown) < 10_000_000, `${grown} bytes`)
})

diagnostics.run()
