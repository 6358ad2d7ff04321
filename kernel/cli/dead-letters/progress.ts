import type { WriteStream } from 'node:tty'

/** A progress bar. */
export interface Progress {
  update(done: number): void
  /** Removes the bar. */
  end(): void
}

const width = 30
/** Least time between two drawings, in milliseconds. */
const pace = 100

/** Draws on terminals only, and not before the work has taken a moment. */
export function progressBar(stream: WriteStream, total: number): Progress {
  let drawnAt = performance.now()
  let isDrawn = false
  return {
    update(done) {
      if (!stream.isTTY || performance.now() - drawnAt < pace) return
      drawnAt = performance.now()
      isDrawn = true
      const share = total > 0 ? Math.min(1, done / total) : 0
      const bar = '█'.repeat(Math.round(share * width)).padEnd(width, '░')
      stream.write(`\r${bar} ${Math.floor(share * 100)} % of ${total}`)
    },
    end() {
      if (isDrawn) stream.write('\r\x1b[K')
    },
  }
}
