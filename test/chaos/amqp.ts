import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownRabbitmq, type Rabbitmq } from '../brokers/rabbitmq.ts'
import { armCut } from './cut.ts'
import type { Fault } from './faults.ts'
import { Fleet, pair } from './fleet.ts'
import { type Order, sizeOf } from './order.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { strikeWhile } from './strike.ts'

type Kind = 'restarts' | 'cuts' | 'kills'

const full = { messages: 100_000, faults: { restarts: 5, cuts: 20, kills: 5 } }
const short = { messages: 10_000, faults: { restarts: 1, cuts: 2, kills: 1 } }

/** Restarts of the broker, cuts of connections and kills of consumers, while two publish and two consume. */
export async function amqp(order: Order): Promise<Outcome> {
  const { report } = order
  const { messages, faults } = sizeOf(order, order.short ? short : full)
  const broker = await ownRabbitmq()
  if (!broker) throw new Error('RabbitMQ is not installed')
  const removeWithProcess = () => broker.remove()
  process.once('exit', removeWithProcess)
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-chaos-'))
  const fleet = new Fleet({ url: broker.url, folder, messages })
  const arm = (fault: Fault<Kind>) => armFault(fault, broker, fleet, folder)
  try {
    await Promise.race([strikeWhile(fleet, { messages, faults, arm, report }), fleet.failure])
    return outcomeOf(messages, fleet.confirmed, fleet.handled, faults)
  } finally {
    await fleet.kill()
    broker.remove()
    process.off('exit', removeWithProcess)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Prepares a fault. Resolves with what has it strike at once, and resolves when it is over. */
async function armFault({ kind, turn }: Fault<Kind>, broker: Rabbitmq, fleet: Fleet, folder: string) {
  switch (kind) {
    case 'cuts':
      return armCut(broker, join(folder, `cut-${turn}`), turn % 2 === 0 ? 'all' : 'one')
    case 'kills':
      return () => fleet.replaceConsumer(turn % pair.length)
    case 'restarts':
      return () => restart(broker, turn % 2 === 1)
  }
}

async function restart(broker: Rabbitmq, inOrder: boolean): Promise<void> {
  if (inOrder) await broker.control('shutdown')
  else await broker.kill()
  await broker.start()
}
