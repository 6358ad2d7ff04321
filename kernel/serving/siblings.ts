import cluster from 'node:cluster'
import { spawn } from '../log/spawn.ts'

/** What another worker has answered. */
export interface SiblingAnswer {
  /** Its number, from 1. */
  readonly worker: number
  readonly answer: string
}

/** The other workers of `tomodachi run --workers`. */
export interface Siblings {
  /** The number of this worker; undefined in a process that is not a worker. */
  readonly own: number | undefined
  /**
   * Asks all others that have started, through their supervisor. Resolves when all have answered, or after so many
   * milliseconds, with the answers that have come. While a worker is replaced there are two of its number: the newer one
   * counts once it has started. One of them may ask the other.
   */
  ask(patience: number): Promise<readonly SiblingAnswer[]>
  /** Answers no more. */
  close(): void
}

/** What workers and their supervisor send each other for this. `process` is the id that cluster gives to a worker. */
export type SiblingMessage =
  | { readonly type: 'tomodachi.ask'; readonly subject: string; readonly question: number }
  | {
      readonly type: 'tomodachi.asked'
      readonly question: number
      readonly count: number
      /** Whether the asker has. */
      readonly hasStarted: boolean
    }
  | {
      readonly type: 'tomodachi.question'
      readonly subject: string
      readonly question: number
      readonly process: number
    }
  | {
      readonly type: 'tomodachi.reply'
      readonly question: number
      readonly process: number
      readonly answer: string
    }
  | ({
      readonly type: 'tomodachi.answer'
      readonly question: number
      readonly process: number
    } & SiblingAnswer)

/** One question that is not answered by all. */
interface Asking {
  count: number
  hasStarted: boolean
  readonly answers: (SiblingAnswer & { readonly process: number })[]
  done(): void
}

let questions = 0

/** Lets workers ask each other about a subject. `answer` is what this one says. Close it when that has an end. */
export function siblings(subject: string, answer: () => Promise<string>): Siblings {
  const number = Number(process.env.TOMODACHI_WORKER)
  const { worker } = cluster
  if (!worker || !Number.isInteger(number) || number < 1)
    return { own: undefined, ask: async () => [], close() {} }
  const asking = new Map<number, Asking>()
  const send = (message: SiblingMessage) => {
    if (worker.isConnected()) process.send?.(message, () => undefined)
  }
  const listener = (message: unknown) => {
    if (!isSiblingMessage(message)) return
    if (message.type === 'tomodachi.question' && message.subject === subject) {
      const { question, process } = message
      spawn(`answering other workers about ${subject}`, async () =>
        send({ type: 'tomodachi.reply', question, process, answer: await answer() }),
      )
    } else if (message.type === 'tomodachi.asked' || message.type === 'tomodachi.answer')
      note(asking.get(message.question), message)
  }
  process.on('message', listener)
  return {
    own: number,
    async ask(patience) {
      const question = ++questions
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, patience)
      const asked: Asking = { count: Number.POSITIVE_INFINITY, hasStarted: true, answers: [], done: resolve }
      asking.set(question, asked)
      send({ type: 'tomodachi.ask', subject, question })
      await promise
      clearTimeout(timer)
      asking.delete(question)
      return newest(asked, number, worker.id)
    },
    close() {
      process.off('message', listener)
      for (const { done } of asking.values()) done()
    },
  }
}

/** Whether a message is one of these: services may send messages of their own. */
export function isSiblingMessage(message: unknown): message is SiblingMessage {
  const { type } = (message ?? {}) as { readonly type?: unknown }
  return typeof type === 'string' && /^tomodachi\.(ask|asked|question|reply|answer)$/.test(type)
}

function note(
  asked: Asking | undefined,
  message: Extract<SiblingMessage, { readonly type: 'tomodachi.asked' | 'tomodachi.answer' }>,
): void {
  if (!asked) return
  if (message.type === 'tomodachi.asked') {
    asked.count = message.count
    asked.hasStarted = message.hasStarted
  } else asked.answers.push(message)
  if (asked.answers.length >= asked.count) asked.done()
}

/** One answer for each number: of the newest process that has started, unless that is this one. */
function newest({ answers, hasStarted }: Asking, own: number, ownProcess: number): SiblingAnswer[] {
  const byWorker = new Map<number, Asking['answers'][number]>()
  for (const answer of answers) {
    const { worker, process } = answer
    if (hasStarted && worker === own && process < ownProcess) continue
    if (process > (byWorker.get(worker)?.process ?? 0)) byWorker.set(worker, answer)
  }
  return [...byWorker.values()].map(({ worker, answer }) => ({ worker, answer }))
}
