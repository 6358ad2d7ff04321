import { Duplex, type Transform } from 'node:stream'

/** Makes what decodes a body that begins with these bytes. */
export type MakeDecoder = (first: Buffer) => Transform

/** Decodes a body. What decodes it is made with the first bytes: a body without any has no coding that could be broken. */
export class Decoder extends Duplex {
  readonly #make: MakeDecoder
  readonly #broken: (error: unknown) => Error
  #inner: Transform | undefined

  /** `broken` makes the error of a body that is not in its coding of what its decoder says. */
  constructor(make: MakeDecoder, broken: (error: unknown) => Error) {
    super()
    this.#make = make
    this.#broken = broken
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#inner ??= this.#begun(chunk)
    this.#inner.write(chunk, done)
  }

  override _final(done: () => void): void {
    if (this.#inner) this.#inner.end()
    else this.push(null)
    done()
  }

  override _read(): void {
    this.#inner?.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner?.destroy()
    done(error)
  }

  #begun(first: Buffer): Transform {
    const inner = this.#make(first)
    inner.on('data', (bytes) => {
      if (!this.push(bytes)) inner.pause()
    })
    inner.on('end', () => this.push(null)).on('error', (error) => this.destroy(this.#broken(error)))
    return inner
  }
}
