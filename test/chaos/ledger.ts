import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'

/** Bytes of one number. */
const size = Uint32Array.BYTES_PER_ELEMENT

/**
 * Numbers of messages in a file, in the order in which they were noted. A number that has been noted stays, even when
 * its process is killed right after: nothing waits in the memory of the process.
 */
export class Ledger {
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

  read(): Uint32Array {
    if (!existsSync(this.#path)) return new Uint32Array()
    const { buffer, byteOffset, length } = Uint8Array.from(readFileSync(this.#path))
    return new Uint32Array(buffer, byteOffset, Math.floor(length / size))
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
