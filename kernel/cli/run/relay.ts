import type { Worker } from 'node:cluster'
import { isSiblingMessage, type SiblingMessage } from '../../serving/siblings.ts'

/** Passes the questions of workers on to the others that have started, and the answers back. */
export class Relay {
  /** By the id that cluster gives to each process. */
  readonly #started = new Map<number, { readonly worker: Worker; readonly number: number }>()

  /** Listens to a worker until it ends. */
  listen(worker: Worker, number: number): void {
    worker.on('message', (message: unknown) => {
      if (isSiblingMessage(message)) this.#pass(message, worker, number)
    })
    worker.once('exit', () => this.#started.delete(worker.id))
  }

  /** From now on the worker is asked. */
  started(worker: Worker, number: number): void {
    this.#started.set(worker.id, { worker, number })
  }

  #pass(message: SiblingMessage, from: Worker, number: number): void {
    const { question } = message
    if (message.type === 'tomodachi.ask') {
      const others = [...this.#started.values()].filter(({ worker }) => worker !== from)
      send(from, { type: 'tomodachi.asked', question, count: others.length })
      for (const { worker } of others)
        send(worker, { type: 'tomodachi.question', subject: message.subject, question, process: from.id })
    } else if (message.type === 'tomodachi.reply') {
      const asker = this.#started.get(message.process)?.worker
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
