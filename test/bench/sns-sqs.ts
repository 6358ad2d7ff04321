import { Child, serverPath } from './child.ts'
import { Journal } from './journal.ts'
import { type Line, lineOf, type Subject } from './line.ts'
import type { Pace } from './pace.ts'
import { measure, type Sitting } from './rounds.ts'

/** What `tasks` of servers/sns-sqs/stage.mjs give. */
type Observed = Readonly<
  Record<'rate' | 'cpu' | 'p50' | 'p99' | 'publish' | 'receive' | 'delete' | 'all', number>
>

/** Rounds are longer than elsewhere, and fewer: at the end of each, deletes wait for company. */
const longer = 5
/** Messages per second that are no hurry. */
const steadyRate = 500

/**
 * Messages over SNS and SQS from end to end, against loops of the bare SDK with the same batches: speed, calls of the
 * API per message, and latency, on the emulator fauxqs in a process of its own.
 */
export async function* snsSqs(pace: Pace): AsyncGenerator<Line> {
  const longPace = {
    ...pace,
    rounds: Math.ceil(pace.rounds / longer),
    roundMilliseconds: pace.roundMilliseconds * longer,
  }
  const full = await observe(longPace, (milliseconds) => ['full', milliseconds])
  yield lineOf(subject('full speed', 'messages/s', 'higher'), full.samples('rate'))
  yield lineOf(subject('full speed', 'µs CPU/message'), full.samples('cpu'))
  yield* calls('full speed', full)
  const rate = steadyRate
  const steady = await observe(longPace, (milliseconds) => ['steady', { milliseconds, rate }])
  yield* calls(`${rate} messages/s`, steady)
  for (const figure of ['p50', 'p99'] as const)
    yield lineOf(subject(`${rate} messages/s, latency ${figure}`, 'ms'), steady.samples(figure))
}

function* calls(name: string, journal: Journal<Observed>) {
  for (const kind of ['publish', 'receive', 'delete', 'all'] as const)
    yield lineOf(subject(`${name}, ${kind} calls`, 'calls/message'), journal.samples(kind))
}

function subject(name: string, unit: string, better: Subject['better'] = 'lower'): Subject {
  return { bench: 'sns-sqs', case: name, unit, better }
}

type Question = readonly [task: string, value: unknown]

async function observe(pace: Pace, question: (milliseconds: number) => Question): Promise<Journal<Observed>> {
  const journal = new Journal<Observed>()
  await measure(pace, () => startClients(question, journal))
  return journal
}

/** Starts the emulator and both clients, each with a topic and a queue of its own. */
async function startClients(
  question: (milliseconds: number) => Question,
  journal: Journal<Observed>,
): Promise<Sitting> {
  const emulator = await Child.start(serverPath('sns-sqs/emulator.mjs'))
  const start = (client: string) =>
    Child.start(serverPath(`sns-sqs/${client}.mjs`), [String(emulator.port), `bench-${client}`])
  const work = (child: Child) => (milliseconds: number) =>
    child.ask(...question(milliseconds)) as Promise<Observed>
  const [bare, ours] = [await start('bare'), await start('ours')]
  return {
    contenders: { bare: journal.contender('bare', work(bare)), ours: journal.contender('ours', work(ours)) },
    async end() {
      for (const child of [bare, ours, emulator]) await child.end()
    },
  }
}
