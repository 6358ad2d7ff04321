import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from 'fauxqs'
import { AwsProxy, type Fault as CallFault, type Forward } from './aws-proxy.ts'
import type { Fault } from './faults.ts'
import { Fleet } from './fleet.ts'
import { type Order, sizeOf } from './order.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { strikeWhile } from './strike.ts'

type Kind = 'restarts' | 'cuts' | 'kills'

const full = { messages: 20_000, consumers: 4, faults: { restarts: 2, cuts: 12, kills: 6 } }
const short = { messages: 2_000, consumers: 2, faults: { restarts: 1, cuts: 1, kills: 2 } }
/** Most messages that wait in the queue: the emulator keeps them in one list, and is slower the longer that is. */
const backlog = 20_000
/** How long the endpoint is away when it is restarted, in milliseconds. */
const away = 1_000
/** Part of the calls that go wrong. */
const share = 0.2
/** How long a stall has to be ago for the next one, in milliseconds: each blocks its call for seconds. */
const stallsApart = 1_000
/** Parts of the rest that are published one after the other, and the milliseconds between them. */
const rollCallSteps = 200
const rollCallPause = 200

/** What calls meet, each as often as the others. Where an answer is lost, the emulator has done what was asked for. */
const faultsOfCalls: Readonly<Record<string, CallFault>> = {
  errors: { status: 503, code: 'ServiceUnavailable' },
  timeouts: { status: 408, code: 'RequestTimeout' },
  throttles: { status: 400, code: 'ThrottlingException' },
  stalls: 'stall',
  resets: 'reset',
  'lost answers': 'lose',
}
const kinds = Object.keys(faultsOfCalls)

/** Calls that go wrong, restarts of the endpoint, cuts of connections and kills of consumers, while two publish and others consume. */
export async function snsSqs(order: Order): Promise<Outcome> {
  const { report } = order
  const usual = order.short ? short : full
  const { messages, faults } = sizeOf(order, usual)
  const emulator = buildApp({ logger: false, host: 'localhost' })
  const proxy = await AwsProxy.to(into(emulator))
  const struck = Object.fromEntries(kinds.map((kind) => [kind, 0]))
  let stalled = performance.now()
  proxy.fault = () => {
    if (Math.random() >= share) return undefined
    const kind = kinds[Math.floor(Math.random() * kinds.length)] as string
    if (faultsOfCalls[kind] === 'stall') {
      if (performance.now() - stalled < stallsApart) return undefined
      stalled = performance.now()
    }
    struck[kind] = (struck[kind] ?? 0) + 1
    return faultsOfCalls[kind]
  }
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-chaos-'))
  const fleet = new Fleet({
    url: `http://127.0.0.1:${proxy.port}`,
    folder,
    messages,
    consumers: usual.consumers,
  })
  const total = Object.values(faults).reduce((sum, count) => sum + count, 0)
  let armed = 0
  const arm = async (fault: Fault<Kind>) => {
    const isLast = ++armed === total
    return async () => {
      await strike(fault, proxy, fleet)
      if (!isLast) return
      const { fault: disturbing } = proxy
      proxy.fault = () => undefined
      await callRoll(fleet, messages, (messages * total) / (total + 1))
      proxy.fault = disturbing
    }
  }
  try {
    await Promise.race([strikeWhile(fleet, { messages, faults, backlog, arm, report }), fleet.failure])
    return outcomeOf(messages, fleet.confirmed, fleet.handled, { ...faults, ...struck })
  } finally {
    await fleet.kill()
    await proxy.close()
    await emulator.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Straight into the emulator: a second hop over the network would take longer than the emulator itself. */
function into(emulator: ReturnType<typeof buildApp>): Forward {
  return async ({ url = '/', method, headers }, payload) => {
    const answer = await emulator.inject({ method: method as 'POST', url, headers, payload })
    return { status: answer.statusCode, headers: answer.headers, text: answer.payload }
  }
}

async function strike({ kind, turn }: Fault<Kind>, proxy: AwsProxy, fleet: Fleet): Promise<void> {
  if (kind === 'kills') return fleet.replaceConsumer(turn % fleet.handled.length)
  if (kind === 'cuts') return proxy.cut()
  await proxy.close()
  await sleep(away)
  await proxy.listen()
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
