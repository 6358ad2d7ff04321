import {
  captureConsole,
  captureDebug,
  captureUncaught,
  captureWarnings,
  shared,
} from '../../log/capture/index.ts'
import { spawn } from '../../log/spawn.ts'
import { flag } from '../../options/option-shapes.ts'
import { resolveOptions, type ShapesOf } from '../../options/resolve-options.ts'
import { leaveProcess } from './process-end.ts'
import { running } from './process-registry.ts'

/** What becomes part of the log. Each is true by default. */
export interface CaptureOptions {
  /** `console.log`, `info`, `dir`, `warn`, `error`, `debug` and `trace`, as records of the logger `console`. */
  readonly console?: boolean
  /** What the package `debug` writes to stderr, as records of `debug.<namespace>`. */
  readonly debug?: boolean
  /** Warnings of the process, as records of `node.warning` instead of node's own lines. */
  readonly warnings?: boolean
  /**
   * Uncaught errors and unhandled rejections, as records of `node.uncaught`. The process then ends with exit code 1, as
   * it would anyway, but running services are stopped cleanly first. An `uncaughtException` listener of your own keeps
   * the process alive, as usual.
   */
  readonly uncaught?: boolean
}

const captures: Readonly<Record<keyof CaptureOptions, () => () => void>> = {
  console: shared(captureConsole),
  debug: shared(captureDebug),
  warnings: shared(captureWarnings),
  uncaught: shared(() => captureUncaught(endProcess)),
}

const captureShapes = {
  console: flag(true),
  debug: flag(true),
  warnings: flag(true),
  uncaught: flag(true),
} satisfies ShapesOf<CaptureOptions>

/**
 * Makes everything that is printed in this process part of the log: one stream, one format, secrets redacted, with the
 * fields of the handler that printed it. `tomodachi run` does this by itself. Returns a function that undoes it. What
 * your own log outputs and loggers print while they write a record stays out of the log. What they print later, from a
 * timer that was made at load, does not stay out. Throws `OPTION_INVALID`.
 */
export function captureLogs(options: CaptureOptions = {}): () => void {
  const wanted = resolveOptions('captureLogs', options, captureShapes)
  const kinds = Object.keys(captures) as (keyof CaptureOptions)[]
  const undos = kinds.filter((kind) => wanted[kind]).map((kind) => captures[kind]())
  return () => {
    for (const undo of undos) undo()
  }
}

let isEnding = false

/** Ends the process with exit code 1. Services that run are stopped in order first. */
function endProcess(): void {
  if (isEnding) return
  isEnding = true
  // For a kernel that a signal is already stopping, and that ends the process itself.
  process.exitCode = 1
  const kernels = [...running]
  if (kernels.length === 0) return leaveProcess()
  spawn('stopping after an uncaught error', async () => {
    await Promise.all(kernels.map((kernel) => kernel.stop(1)))
    leaveProcess()
  })
}
