import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import type { Line } from './line.ts'

/** Runs the benchmarks as `npm run bench` does. */
export function run(...parameters: string[]) {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  return spawnSync(process.execPath, [main, ...parameters], { encoding: 'utf8' })
}

/** The lines that a quick run prints, each of the shape that readers of `--json` rely on. */
export function linesOf(name: string, opponents: readonly string[]): Line[] {
  const { status, stdout, stderr } = run(name, '--quick', '--json')
  assert.is(status, 0, stderr)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  for (const line of lines) {
    assert.is(line.bench, name)
    assert.ok(line.ours > 0)
    for (const record of [line.against, line.ratio, line.spread]) assert.equal(Object.keys(record), opponents)
    for (const opponent of opponents) {
      const [lower = Number.NaN, upper = Number.NaN] = line.spread[opponent] ?? []
      const ratio = line.ratio[opponent] ?? Number.NaN
      assert.ok((line.against[opponent] ?? 0) > 0)
      assert.ok(lower > 0 && lower <= ratio && ratio <= upper, `${lower} ${ratio} ${upper}`)
    }
  }
  return lines
}

/** Checks the lines of a broker's benchmark against its bare client: speed, and latency. */
export function checkBrokerLines(name: string): void {
  const speed = ['publish, raw', 'publish, jsonBase', 'consume, raw', 'consume, jsonBase']
  assert.equal(
    linesOf(name, ['bare']).map((line) => [line.case, line.unit, line.better]),
    [
      ...speed.flatMap((each) => [
        [each, 'messages/s', 'higher'],
        [each, 'µs CPU/message', 'lower'],
      ]),
      ...['p50', 'p99'].map((each) => [`publish to handler ${each}, jsonBase`, 'ms', 'lower']),
    ],
  )
}
