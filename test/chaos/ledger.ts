import { closeSync, existsSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import type { Noted } from './census.ts'

/** Bytes of one number. */
const size = Uint32Array.BYTES_PER_ELEMENT
/** Most numbers that are read at a time. */
const most = 65_536

/**
 * Numbers of messages in a file, in the order in which they were noted. A number that has been noted stays, even when
 * its process is killed right after: nothing waits in the memory of the process.
 */
export class Ledger implements Noted {
  readonly #path: string
  #descriptor: number | undefined

  constructor(path: string) {
    this.#path = path
  }

  note(number: number): void {
    this.#descriptor ??= openSync(this.#path, 'a')
    writeSync(this.#descriptor, Uint32Array.of(number))
  }

  /** How many have been noted so far. */
  get count(): number {
    return existsSync(this.#path) ? Math.floor(statSync(this.#path).size / size) : 0
  }

  read(from: number): Uint32Array {
    const left = Math.min(this.count - from, most)
    if (left <= 0) return new Uint32Array()
    const numbers = new Uint32Array(left)
    const descriptor = openSync(this.#path, 'r')
    const bytes = readSync(descriptor, numbers, { position: from * size })
    closeSync(descriptor)
    return numbers.subarray(0, Math.floor(bytes / size))
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
