import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startFauxqs } from 'fauxqs'
import { AwsProxy, type Fault } from './aws-proxy.ts'
import { Fleet, pair } from './fleet.ts'
import { type Order, sizeOf } from './order.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { strikeWhile } from './strike.ts'

const full = { messages: 20_000, faults: { kills: 6 } }
const short = { messages: 2_000, faults: { kills: 2 } }
/** Part of the calls that go wrong. */
const share = 0.2
/** Parts of the rest that are published one after the other, and the milliseconds between them. */
const rollCallSteps = 50
const rollCallPause = 200

/** What calls meet, each as often as the others. Where an answer is lost, the emulator has done what was asked for. */
const faultsOfCalls: Readonly<Record<string, Fault>> = {
  errors: { status: 503, code: 'ServiceUnavailable' },
  timeouts: { status: 408, code: 'RequestTimeout' },
  throttles: { status: 400, code: 'ThrottlingException' },
  stalls: 'stall',
  resets: 'reset',
  'lost answers': 'lose',
}
const kinds = Object.keys(faultsOfCalls)

/** Calls that go wrong and kills of consumers, while two publish and two consume. */
export async function snsSqs(order: Order): Promise<Outcome> {
  const { report } = order
  const { messages, faults } = sizeOf(order, order.short ? short : full)
  const emulator = await startFauxqs({ port: 0, host: 'localhost', logger: false })
  const proxy = await AwsProxy.to(emulator.port)
  const struck = Object.fromEntries(kinds.map((kind) => [kind, 0]))
  proxy.fault = () => {
    if (Math.random() >= share) return undefined
    const kind = kinds[Math.floor(Math.random() * kinds.length)] as string
    struck[kind] = (struck[kind] ?? 0) + 1
    return faultsOfCalls[kind]
  }
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-chaos-'))
  const fleet = new Fleet({ url: `http://127.0.0.1:${proxy.port}`, folder, messages })
  const arm = async ({ turn }: { readonly turn: number }) => {
    return async () => {
      await fleet.replaceConsumer(turn % pair.length)
      if (turn < faults.kills - 1) return
      const { fault } = proxy
      proxy.fault = () => undefined
      await callRoll(fleet, messages, (messages * faults.kills) / (faults.kills + 1))
      proxy.fault = fault
    }
  }
  try {
    await Promise.race([strikeWhile(fleet, { messages, faults, arm, report }), fleet.failure])
    return outcomeOf(messages, fleet.confirmed, fleet.handled, { ...faults, ...struck })
  } finally {
    await fleet.kill()
    await proxy.close()
    await emulator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Publishes the rest little by little, while no call goes wrong, until each consumer has handled some of it: none may have
 * stopped receiving. Rejects when the rest is not enough.
 */
async function callRoll(fleet: Fleet, messages: number, allowed: number): Promise<void> {
  const before = fleet.handled.map(({ count }) => count)
  const step = (messages - allowed) / rollCallSteps
  for (
    let next = allowed + step;
    fleet.handled.some(({ count }, index) => count === before[index]);
    next += step
  ) {
    if (next >= messages) throw new Error('a consumer has stopped receiving')
    fleet.allow(next)
    await sleep(rollCallPause)
  }
}
