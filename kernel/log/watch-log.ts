import { isPromise, letGo } from '../promise.ts'
import type { LogRecord } from './record/record.ts'
import { isWriting, watchWriting, whileWriting } from './writing.ts'

interface Listener {
  readonly hear: (record: LogRecord) => unknown
  hasFailed: boolean
}

let listeners: readonly Listener[] = []

/**
 * Calls the listener with each record that is written, whatever the output: after its level was checked and its secrets
 * were redacted, in the async context of the call that logs. The record has been written by then, so nothing that the
 * listener does can lose it. What the listener itself logs or prints, even later, is written but not told to listeners.
 * What it throws is logged once. The returned function removes the listener.
 */
export function watchLog(listener: (record: LogRecord) => void): () => void {
  watchWriting()
  const added: Listener = { hear: listener, hasFailed: false }
  listeners = [...listeners, added]
  return () => {
    listeners = listeners.filter((each) => each !== added)
  }
}

/** Calls the listeners. Calls `failed` with the first failure of each; never throws. */
export function tellListeners(record: LogRecord, failed: (error: unknown) => void): void {
  if (listeners.length === 0 || isWriting()) return
  for (const listener of listeners) whileWriting((heard) => tell(listener, heard, failed), record)
}

function tell(listener: Listener, record: LogRecord, failed: (error: unknown) => void): void {
  const onFailure = (error: unknown) => {
    if (listener.hasFailed) return
    listener.hasFailed = true
    failed(error)
  }
  try {
    const result = listener.hear(record)
    if (isPromise(result)) letGo(result, onFailure)
  } catch (error) {
    onFailure(error)
  }
}
