import fc from 'fast-check'
import { forms, messages } from './fuzz/bodies.ts'
import { compressedFrames, plainFrames } from './fuzz/frames.ts'
import type { Inputs } from './fuzz/input.ts'
import { requests } from './fuzz/requests.ts'
import { send } from './fuzz/send.ts'
import { type Measure, Target } from './fuzz/target.ts'
import type { Order } from './order.ts'

/** What a fuzz run came to, as its last line says it. */
export interface FuzzOutcome {
  /** With the same seed, the same inputs are made again. */
  readonly seed: number
  /** Connections on which something was sent, by class. */
  readonly inputs: Readonly<Record<string, number>>
  /** Times that the server ended. */
  readonly crashes: number
  /** Times that a valid request was not answered in time. */
  readonly hangs: number
  /** Answers with the status 500. */
  readonly failures: number
  /** What the server took before the first input, and after the last one. */
  readonly before: Measure
  readonly after: Measure
}

/** Inputs of one kind, and how many of them a run has. */
interface Class {
  readonly inputs: Inputs
  readonly count: number
}

const classes: Readonly<Record<string, Class>> = {
  requests: { inputs: requests, count: 10_000 },
  plainFrames: { inputs: plainFrames, count: 5_000 },
  compressedFrames: { inputs: compressedFrames, count: 3_000 },
  messages: { inputs: messages, count: 10_000 },
  forms: { inputs: forms, count: 10_000 },
}
/** How many each class has in a short run. */
const shortCount = 100
/** Seconds after which no class begins with more inputs. */
const timeLimit = { full: 600, short: 10 }
/** Inputs between two looks at the server, and how many are sent at a time. */
const batch = 25
const atOnce = 10
/** Milliseconds in which the server has to answer a valid request. */
const generous = 15_000

/** Sends inputs that are broken in all ways to a server in a process of its own. */
export async function fuzz({ short, seed = Date.now() % 2 ** 31, report }: Order): Promise<FuzzOutcome> {
  const run = new FuzzRun(seed, report)
  await run.start()
  const { before } = run
  const limit = (short ? timeLimit.short : timeLimit.full) / Object.keys(classes).length
  try {
    for (const [name, { inputs, count }] of Object.entries(classes))
      await run.try(name, inputs, short ? shortCount : count, limit)
    const after = await run.settled()
    await run.stop()
    return { seed, inputs: run.inputs, ...run.counts, before, after }
  } finally {
    run.kill()
  }
}

/** A run, and the server that it goes against. */
class FuzzRun {
  readonly inputs: Record<string, number> = {}
  readonly counts = { crashes: 0, hangs: 0, failures: 0 }
  readonly #seed: number
  readonly #report: (line: string) => void
  #target: Target | undefined
  before: Measure = { heap: 0, rss: 0, handles: 0, isReady: false }

  constructor(seed: number, report: (line: string) => void) {
    this.#seed = seed
    this.#report = report
  }

  async start(): Promise<void> {
    this.#target = await Target.start()
    await this.#target.isAlive(generous)
    this.before = await this.#target.measure()
  }

  /** Sends the inputs of a class, at most so many, for at most so many seconds. */
  async try(name: string, inputs: Inputs, count: number, seconds: number): Promise<void> {
    this.inputs[name] = 0
    const end = performance.now() + seconds * 1_000
    for (let done = 0; done < count && performance.now() < end; done += batch) {
      const size = Math.min(batch, count - done)
      const made = fc.sample(inputs, { numRuns: size, seed: this.#seed + done })
      const target = this.#target as Target
      for (let at = 0; at < size; at += atOnce) {
        const answers = await Promise.all(
          made.slice(at, at + atOnce).map((input) => send(target.port, input)),
        )
        this.counts.failures += answers.filter((text) => text.includes('HTTP/1.1 500 ')).length
      }
      this.inputs[name] += size
      await this.#look(`${name}, inputs ${done} to ${done + size}`)
    }
    this.#report(`${name}: ${this.inputs[name]} inputs`)
  }

  /** What the server takes when the last connections have gone. */
  async settled(): Promise<Measure> {
    const target = this.#target as Target
    const patience = performance.now() + 10_000
    for (;;) {
      const measure = await target.measure()
      if (measure.handles <= this.before.handles || performance.now() > patience) return measure
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** Ends the server in order; when it cannot, that is a crash too. */
  async stop(): Promise<void> {
    const code = await this.#target?.stop()
    if (code !== 0) this.counts.crashes++
  }

  kill(): void {
    this.#target?.kill()
  }

  async #look(what: string): Promise<void> {
    const target = this.#target as Target
    const isAlive = await target.isAlive(generous)
    if (isAlive) return
    const hasCrashed = await target.ends(1_000)
    this.counts[hasCrashed ? 'crashes' : 'hangs']++
    this.#report(`${hasCrashed ? 'crash' : 'hang'} at ${what}: ${target.lastWords}`)
    target.kill()
    this.#target = await Target.start()
  }
}
