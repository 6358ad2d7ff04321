// time limit: 120 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emulator } from '../sns-sqs/world.ts'
import { withExample } from './example.ts'
import { ordersWork } from './orders.ts'

const test = suite('examples on SNS+SQS')

test('02-orders on the embedded emulator', () => ordersWork({ env: { BUS: 'embedded' } }))

test('02-orders on AWS, which an emulator plays', async () => {
  const server = await emulator()
  const env = {
    BUS: 'aws',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
  try {
    // A stop waits for the receive that is under way, which takes up to 20 s.
    await ordersWork({ env, kill: true })
  } finally {
    await server.stop()
  }
})

test('13-fifo handles the steps of an order in order, those behind a failed one too', async () => {
  await withExample('13-fifo.ts', async (_url, command) => {
    for (const order of ['A', 'B']) await command.prints(`${order} is sent`)
    const said = [...command.stderr.matchAll(/([AB]) is (\w+)/g)].map(([words]) => words)
    for (const order of ['A', 'B']) {
      const steps = said.filter((words) => words.startsWith(order))
      assert.equal(
        steps,
        ['paid', 'packed', 'sent'].map((step) => `${order} is ${step}`),
      )
    }
    assert.ok(said.indexOf('B is sent') < said.indexOf('A is packed'), said.join(', '))
    assert.match(command.stderr, 'there are no boxes left')
  })
})

test('14-filter-policies gives each handler what it wants', async () => {
  await withExample('14-filter-policies.ts', async (_url, command) => {
    const all = [
      'booked 20 by Ada',
      'booked 30 by Bob',
      'booked 5000 by Eve',
      'declared 30 by Bob',
      'inspected 5000 by Eve',
    ]
    for (const line of all) await command.prints(line)
    const said = [...command.stderr.matchAll(/(booked|declared|inspected) \d+ by \w+/g)].map(
      ([words]) => words,
    )
    assert.equal(said.sort(), all)
  })
})

test.run()
