import { captureLogs } from 'tomodachi'
import { recordsIn } from './program.ts'
import { written } from './written.ts'

/** The records that the action makes while the kind is captured. */
export function captured(kind: 'console' | 'debug', action: () => void) {
  return recordsIn(capturing(kind, action).join('')).map(({ logger, level, message, ...fields }) => {
    return { logger, level, message, fields }
  })
}

/** What stderr gets while the kind is captured. */
export function capturing(kind: 'console' | 'debug', action: () => void): string[] {
  return written(() => {
    // Inside, where stderr is the test's already.
    const undo = captureLogs({ console: false, debug: false, warnings: false, uncaught: false, [kind]: true })
    try {
      action()
    } finally {
      undo()
    }
  })
}
