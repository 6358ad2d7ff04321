// The command, on a bus where messages have been set aside.
import { DeadLetter, Kernel, type MessageBus, Service } from 'tomodachi'
import * as assert from 'uvu/assert'
import { type Outcome, tomodachi } from '../cli/command.ts'

/** How the command and the test get to the same broker. */
export interface Broker {
  readonly bus: MessageBus
  readonly topic: string
  /** For `dead-letters.ts` among the fixtures. */
  readonly env: Readonly<Record<string, string>>
}

/** Lists, shows, redrives and discards three messages. */
export async function commandWorks(broker: Broker): Promise<void> {
  const { bus, topic } = broker
  const dead = `${topic}-dead`
  const dlq = async (words: string) => {
    const { PATH = '' } = process.env
    const env = { PATH, DLQ_TOPIC: topic, ...broker.env }
    return tomodachi(`dlq ${words}`, { env })
  }
  await setAside(broker, 3)

  const listed = await dlq('ls dead-letters.ts')
  const wanted = new RegExp(`^bus +queue +messages\n${bus.name} +${dead} +3\n$`)
  assert.match(listed.stdout, wanted, listed.stderr)
  assert.is(listed.code, 0)
  assert.equal(dataOf(await dlq('ls --json dead-letters.ts')), [
    { bus: bus.name, name: dead, origins: [topic], count: 3 },
  ])

  await looks(await dlq(`show dead-letters.ts ${dead}`), topic)
  const [shown, ...others] = dataOf(
    await dlq(`show --json --payload --limit 1 dead-letters.ts ${topic}`),
  ) as Record<string, unknown>[]
  assert.equal(others, [])
  assert.match(String(shown?.payload), 'unobtainium')
  assert.equal(shown?.headers, { ...(shown?.headers as object), trace: 'abc' })

  const dry = await dlq(`redrive --dry-run dead-letters.ts ${dead}`)
  assert.equal([dry.code, dry.stdout], [0, `3 messages of ${dead} would be redriven\n`], dry.stderr)
  const one = await dlq(`discard --yes --limit 1 dead-letters.ts ${dead}`)
  assert.equal(
    [one.code, one.stdout, one.stderr.includes('█')],
    [0, `1 message of ${dead} discarded\n`, false],
  )
  const rest = dataOf(await dlq(`redrive --json dead-letters.ts ${dead}`))
  const facts = { bus: bus.name, queue: dead, action: 'redrive', messages: 2, dryRun: false }
  assert.equal(rest, facts)
  assert.is((await handled(broker, 2)).length, 2)

  const unknown = await dlq('show dead-letters.ts nowhere')
  assert.equal(
    [unknown.code, unknown.stdout, unknown.stderr.trim().split('\n').at(-1)],
    [1, '', `tomodachi: there is no dead-letter queue "nowhere"; the queues are ${dead}`],
  )
}

async function looks({ code, stdout, stderr }: Outcome, topic: string): Promise<void> {
  assert.is(code, 0, stderr)
  assert.is(stdout.split('\n\n').length, 3)
  for (const line of [
    'reason    nobody sells (\\\\u001b|\ufffd)\\[31munobtainium',
    `topic     ${topic}`,
    'attempts  1',
  ])
    assert.match(stdout, new RegExp(`^${line}$`, 'm'))
  assert.match(stdout, /^error {5}DeadLetter$/m)
  assert.match(stdout, /^time {6}\d{4}-\d\d-\d\dT/m)
  assert.not.match(stdout, 'payload')
  assert.not.match(stdout, '"item"')
}

function dataOf({ code, stdout, stderr }: Outcome): unknown {
  assert.is(code, 0, stderr)
  return JSON.parse(stdout)
}

async function setAside({ bus, topic }: Broker, count: number): Promise<void> {
  const options = { queue: topic, deadLetter: `${topic}-dead` }
  const service = new Service().on(bus.topic(topic, options), () => {
    throw new DeadLetter('nobody sells \x1b[31munobtainium')
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  for (let n = 0; n < count; n++) {
    await bus.publish(topic, { item: 'unobtainium', n }, { headers: { trace: 'abc' } })
  }
  for (;;) {
    const [queue] = await bus.deadLetterQueues.list(kernel.actors())
    if (queue?.count === count) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await kernel.stop()
}

/** The messages that come now. */
async function handled({ bus, topic }: Broker, count: number): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  const options = { queue: topic, deadLetter: `${topic}-dead` }
  const service = new Service().on(bus.topic(topic, options), ({ data, attempt }) => {
    assert.is(attempt, 1)
    seen.push(data)
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  while (seen.length < count) await new Promise((resolve) => setTimeout(resolve, 50))
  await kernel.stop()
  return seen
}
