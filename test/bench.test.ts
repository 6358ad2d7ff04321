// time limit: 300 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { answerLength } from './bench/exchange.ts'
import { type Line, lineOf } from './bench/line.ts'
import { interleave } from './bench/rounds.ts'
import { linesOf, run } from './bench/runs.ts'

const bench = suite('benchmarks')

bench('http measures three routes against bare node and fastify', () => {
  const lines = linesOf('http', ['bare', 'fastify'])
  assert.equal(
    lines.map((line) => line.case),
    ['hello', 'param and three middlewares', 'JSON post with schema'],
  )
  assert.ok(lines.every(({ unit, better }) => unit === 'µs CPU/request' && better === 'lower'))
})

bench('logs measures requests that are logged, against fastify with pino', () => {
  const lines = linesOf('logs', ['fastify', 'fastify, one line'])
  assert.equal(
    lines.map((line) => line.case),
    ['access log', 'access log and a record of the handler'],
  )
  assert.ok(lines.every(({ unit, better }) => unit === 'µs CPU/request' && better === 'lower'))
})

bench('bus measures two formats, without middlewares and with five, against a composed call', () => {
  const lines = linesOf('bus', ['composed'])
  assert.equal(
    lines.map((line) => line.case),
    ['jsonBase, 0 middlewares', 'jsonBase, 5 middlewares', 'raw, 0 middlewares', 'raw, 5 middlewares'],
  )
  assert.ok(lines.every(({ unit, better }) => unit === 'messages/s' && better === 'higher'))
})

bench('schedule measures timers that tick and timers that wait, against setInterval', () => {
  const lines = linesOf('schedule', ['setInterval'])
  assert.equal(
    lines.map((line) => [line.case.replace('10,000 timers, ', ''), line.unit]),
    [
      ['lateness p50', 'ms'],
      ['lateness p99', 'ms'],
      ['behind the plan p50', 'ms'],
      ['CPU per tick', 'µs CPU/tick'],
      ['CPU when idle', 'µs CPU/s'],
    ],
  )
})

bench('ws measures echoes and idle connections against bare ws', () => {
  const lines = linesOf('ws', ['bare'])
  assert.equal(
    lines.map((line) => [line.case, line.unit]),
    [
      ['echo, 1 in flight', 'µs CPU/message'],
      ['echo, 16 in flight', 'µs CPU/message'],
      ['idle, 1,000 connections', 'KB/connection'],
    ],
  )
  assert.ok(lines.every(({ better }) => better === 'lower'))
})

bench('overload measures waits and answers of two kinds of handlers, against the same at rest', () => {
  const { status, stdout, stderr } = run('overload', '--quick', '--json')
  assert.is(status, 0, stderr)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  assert.equal(
    lines.map((line) => [
      line.case.replace(' at twice the capacity', ''),
      line.unit,
      Object.keys(line.against),
    ]),
    ['computing', 'waiting'].flatMap((kind) => [
      [`${kind}, accepted p99`, 'ms', ['idle', 'unshed']],
      [`${kind}, health p99`, 'ms', ['idle', 'unshed']],
      [`${kind}, accepted`, 'requests/s', ['capacity']],
    ]),
  )
})

bench('without --json there is a table', () => {
  const { status, stdout } = run('bus', '--quick', '--rounds', '1')
  assert.is(status, 0)
  const [conditions = '', ...rows] = stdout.trim().split('\n')
  assert.match(conditions, `node ${process.versions.node}, `)
  assert.is(rows.length, 4)
  for (const row of rows)
    assert.match(row, /ours [\d,.]+ messages\/s +composed [\d,.]+ +× \S+ \(\S+ to \S+\) .* 1 rounds$/)
})

bench('what it does not understand ends with code 2 and a list of what it does', () => {
  for (const [parameters, words] of [
    [['nothing'], 'nothing'],
    [['toString'], 'toString'],
    [['http', 'bus'], 'http bus'],
    [[], 'usage'],
    [['http', '--fast'], '--fast'],
  ] as const) {
    const { status, stdout, stderr } = run(...parameters)
    assert.is(status, 2)
    assert.is(stdout, '')
    assert.match(stderr, words)
    assert.match(
      stderr,
      'http, logs, bus, amqp, redis, sns-sqs, start, routes, schedule, ws, overload, telemetry',
    )
  }
  for (const rounds of ['0', '1.5', 'many']) assert.is(run('http', '--rounds', rounds).status, 2)
})

bench('ratios are taken within the rounds', () => {
  const subject = { bench: 'any', case: 'any', unit: 'ms', better: 'lower' } as const
  const line = lineOf(subject, { ours: [2, 20, 300, 44], bare: [1, 10, 100, 11] })
  assert.equal(line, {
    ...subject,
    ours: 32,
    against: { bare: 10.5 },
    ratio: { bare: 2.5 },
    spread: { bare: [2, 3.25] },
    rounds: 4,
  })
})

bench('each round measures all, another one first, every other round backwards', async () => {
  const order: string[] = []
  const contender = (name: string) => async () => order.push(name)
  const contenders = { a: contender('a'), b: contender('b'), c: contender('c') }
  assert.equal(await interleave(contenders, 3, 0), { a: [1, 4, 8], b: [2, 6, 9], c: [3, 5, 7] })
  assert.is(order.join(''), 'abcacbcab')
})

bench('an answer counts when it is complete and a 200', () => {
  const answer = 'HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 2\r\n\r\nok'
  for (let length = 0; length < answer.length; length++)
    assert.is(answerLength(Buffer.from(answer.slice(0, length))), undefined)
  assert.is(answerLength(Buffer.from(`${answer}HTTP`)), answer.length)
  assert.throws(() => answerLength(Buffer.from(answer.replace('200', '500'))), 'the server answers')
  assert.throws(() => answerLength(Buffer.from(answer.replace('Length', 'Size'))), 'the server answers')
})

bench.run()
