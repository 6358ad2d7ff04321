import type { Worker } from 'node:cluster'
import { isSiblingMessage, type SiblingMessage } from '../../serving/siblings.ts'

/** Passes the questions of workers on to the others that have started, and the answers back. */
export class Relay {
  /** By the id that cluster gives to each process, as all of these. */
  readonly #workers = new Map<number, Worker>()
  readonly #started = new Map<number, Worker>()

  /** Listens to a worker until it ends. */
  listen(worker: Worker, number: number): void {
    this.#workers.set(worker.id, worker)
    worker.on('message', (message: unknown) => {
      if (isSiblingMessage(message)) this.#pass(message, worker, number)
    })
    worker.once('exit', () => {
      this.#workers.delete(worker.id)
      this.#started.delete(worker.id)
    })
  }

  /** From now on the worker is asked. */
  started(worker: Worker): void {
    this.#started.set(worker.id, worker)
  }

  #pass(message: SiblingMessage, from: Worker, number: number): void {
    const { question } = message
    if (message.type === 'tomodachi.ask') {
      const others = [...this.#started.values()].filter((worker) => worker !== from)
      const hasStarted = this.#started.has(from.id)
      send(from, { type: 'tomodachi.asked', question, count: others.length, hasStarted })
      for (const worker of others)
        send(worker, { type: 'tomodachi.question', subject: message.subject, question, process: from.id })
    } else if (message.type === 'tomodachi.reply') {
      const asker = this.#workers.get(message.process)
      if (asker)
        send(asker, {
          type: 'tomodachi.answer',
          question,
          process: from.id,
          worker: number,
          answer: message.answer,
        })
    }
  }
}

/** One that is ending learns nothing more. */
function send(worker: Worker, message: SiblingMessage): void {
  if (worker.isConnected()) worker.process.send(message, () => undefined)
}
