import { createInterface } from 'node:readline/promises'
import { stopSignals } from '../../lifecycle/process/signals.ts'
import { print } from '../program/output.ts'
import { progressBar } from './progress.ts'
import type { FoundQueue } from './queues.ts'

/** What is to be done with the messages of a queue. */
export interface Work {
  readonly action: 'redrive' | 'discard'
  readonly limit: number | undefined
  /** Whether messages are only counted. */
  readonly isDry: boolean
  /** Whether to ask at the terminal before messages are removed. */
  readonly mayAsk: boolean
  readonly json: boolean
}

const done = { redrive: 'redriven', discard: 'discarded' } as const

/**
 * Redrives or discards messages, and prints how many. Resolves with the exit code: 1 when the user said no, or
 * pressed Ctrl-C, which still finishes the messages in hand.
 */
export async function workOn(queue: FoundQueue, work: Work): Promise<number> {
  const { action, limit, isDry, json } = work
  const total = Math.min(queue.count, limit ?? Number.POSITIVE_INFINITY)
  const tell = (messages: number, isEnded: boolean) => {
    const facts = { bus: queue.bus.name, queue: queue.name, action, messages, dryRun: isDry }
    if (json) return print(`${JSON.stringify(facts)}\n`)
    const would = isDry ? 'would be ' : ''
    print(
      `${counted(messages)} of ${queue.name} ${would}${done[action]}${isEnded ? ' before it was interrupted' : ''}\n`,
    )
  }
  if (isDry) {
    tell(total, false)
    return 0
  }
  if (
    action === 'discard' &&
    work.mayAsk &&
    !(await confirmed(`discard ${counted(total)} of ${queue.name}?`))
  )
    return 1
  const { messages, isEnded } = await finished(queue, work, total)
  tell(messages, isEnded)
  return isEnded ? 1 : 0
}

async function finished(
  { bus, name, origins }: FoundQueue,
  { action, limit }: Work,
  total: number,
): Promise<{ readonly messages: number; readonly isEnded: boolean }> {
  const ending = new AbortController()
  const end = () => ending.abort()
  for (const signal of stopSignals) process.once(signal, end)
  const bar = progressBar(process.stderr, total)
  const work = { limit, signal: ending.signal, progress: (count: number) => bar.update(count) }
  // Where several queues share it, only the message itself can say which one it came from.
  const to = origins.length === 1 ? origins[0] : undefined
  try {
    const { deadLetterQueues: queues } = bus
    const messages = await (action === 'redrive'
      ? queues.redrive(name, { ...work, to })
      : queues.discard(name, work))
    return { messages, isEnded: ending.signal.aborted }
  } finally {
    bar.end()
    for (const signal of stopSignals) process.off(signal, end)
  }
}

async function confirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // Ctrl-D and Ctrl-C mean no.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed])
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

function counted(messages: number): string {
  return messages === 1 ? '1 message' : `${messages} messages`
}
