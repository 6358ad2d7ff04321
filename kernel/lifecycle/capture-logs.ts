import { TomodachiError } from '../errors.ts'
import {
  captureConsole,
  captureDebug,
  captureUncaught,
  captureWarnings,
  shared,
} from '../log/capture/index.ts'
import { spawn } from '../log/spawn.ts'
import { leaveProcess } from './process/process-end.ts'
import { running } from './process/process-registry.ts'

/** What joins the log; each true unless it is said otherwise. */
export interface CaptureOptions {
  /** `console.log`, `info`, `dir`, `warn`, `error`, `debug`, `trace`, to the logger `console`. */
  readonly console?: boolean
  /** What the package `debug` writes to stderr, to `debug.<namespace>`. */
  readonly debug?: boolean
  /** Warnings of the process, to `node.warning`, in place of node's own lines. */
  readonly warnings?: boolean
  /**
   * Uncaught errors and unhandled rejections, to `node.uncaught`. The process then ends with exit code 1, as it would
   * have, but running services are stopped in order before. An `uncaughtException` listener of your own keeps the
   * process alive, as ever.
   */
  readonly uncaught?: boolean
}

const captures: Readonly<Record<keyof CaptureOptions, () => () => void>> = {
  console: shared(captureConsole),
  debug: shared(captureDebug),
  warnings: shared(captureWarnings),
  uncaught: shared(() => captureUncaught(endProcess)),
}

/**
 * Has what others print in this process join the log: one stream, one format, secrets redacted, with the fields of the
 * handler that it was printed below. `tomodachi run` does so by itself. Returns the undo. What outputs and loggers of
 * your own print while they write a record stays outside; what they print later, on a timer made at load, does not.
 * Throws `OPTION_INVALID`.
 */
export function captureLogs(options: CaptureOptions = {}): () => void {
  for (const [option, value] of Object.entries(options)) {
    const isKnown = Object.hasOwn(captures, option)
    if (isKnown && (value === undefined || typeof value === 'boolean')) continue
    const expected = isKnown ? 'true or false' : 'left out, as captureLogs() has no such option'
    throw new TomodachiError('OPTION_INVALID', { option: `captureLogs.${option}`, expected, actual: value })
  }
  const kinds = Object.keys(captures) as (keyof CaptureOptions)[]
  const undos = kinds.filter((kind) => options[kind] !== false).map((kind) => captures[kind]())
  return () => {
    for (const undo of undos) undo()
  }
}

let isEnding = false

/** Ends the process with 1; where services run, once they have stopped in order. */
function endProcess(): void {
  if (isEnding) return
  isEnding = true
  // For a kernel that is just being stopped by a signal, and ends the process itself.
  process.exitCode = 1
  const kernels = [...running]
  if (kernels.length === 0) return leaveProcess()
  spawn('stopping after an uncaught error', async () => {
    await Promise.all(kernels.map((kernel) => kernel.stop(1)))
    leaveProcess()
  })
}
