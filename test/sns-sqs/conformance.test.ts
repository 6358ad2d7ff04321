// time limit: 300 s
// node: 24 only
// coverage: none
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFauxqs } from 'fauxqs'
import { configureLogging, type MessageBus } from 'tomodachi'
import { type Ability, conformance, type Features, type World } from 'tomodachi/conformance'
import { interruptible } from '../chaos/interruptible.ts'
import { lastingPort } from '../lasting-port.ts'
import { sideBySide } from '../side-by-side.ts'
import { busOn, emulator, worldOn } from './world.ts'

// The laws make handlers fail by the thousand, and each failure is logged.
configureLogging({ logger: 'disabled' })

const test = sideBySide('the SNS+SQS bus conforms')

const features: Partial<Features> = {
  // SQS counts receives, also those that a process which has ended did not handle.
  exactAttempts: false,
  // Standard queues keep no order; those of FIFO have tests of their own.
  ordered: false,
  // Topics that are made after the start are not seen.
  wildcards: false,
  // SNS cannot delay.
  delay: false,
  // Messages are handed over one by one.
  batch: false,
  // Visibility timeouts are whole seconds.
  delayPrecision: 1_000,
  lease: 2_000,
  patience: 60_000,
  promptness: 15_000,
  silence: 200,
}

async function create(needs: readonly Ability[]): Promise<World> {
  if (needs.includes('restart')) return restartable()
  const server = await emulator()
  return interruptible(
    server.address,
    worldOn(() => server),
    busOf(needs),
  )
}

/** A world on an emulator that keeps on disk what it has. */
async function restartable(): Promise<World> {
  const [port, dataDir] = [await lastingPort(), mkdtempSync(join(tmpdir(), 'tomodachi-fauxqs-'))]
  const open = () => startFauxqs({ port, dataDir, host: 'localhost', logger: false })
  let server = await open()
  const broker = {
    kill: () => server.stop(),
    async start() {
      server = await open()
    },
  }
  const world = interruptible(
    server.address,
    worldOn(() => server),
    busOf(['restart']),
    broker,
  )
  return {
    ...world,
    async close() {
      await world.close()
      rmSync(dataDir, { recursive: true })
    },
  }
}

/** Makes buses. Where handlers outlast their leases, and where processes and connections die, what they had in hand is not hidden from others for long. */
function busOf(needs: readonly Ability[]): (url: string) => MessageBus {
  const lose: readonly Ability[] = ['crash', 'cut', 'restart']
  const isLost = needs.some((ability) => lose.includes(ability))
  const visibilityTimeout = needs.includes('leases') ? features.lease : isLost ? '5s' : undefined
  return (url) => {
    const bus = busOn(Number(new URL(url).port))
    const { topic } = bus
    return visibilityTimeout
      ? Object.assign(bus, {
          topic: ((name, options) => topic(name, { visibilityTimeout, ...options })) as typeof topic,
        })
      : bus
  }
}

conformance({ create, test, features })

test.run()
