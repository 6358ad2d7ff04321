import loglevel from 'loglevel'
import { TomodachiError } from '../../errors.ts'

/** The level of a record, as log lines show it. */
export type Level = 'debug' | 'info' | 'warning' | 'error'

/** The methods of loglevel that write records. */
export type Method = 'debug' | 'info' | 'warn' | 'error'

/** The names of levels in options and on the command line. */
export const levelNames = ['debug', 'info', 'warning', 'warn', 'error', 'critical'] as const

const thresholds: Readonly<Record<(typeof levelNames)[number], Method>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  critical: 'error',
}

/** The level of records by the loglevel method that writes them. */
export const levelOf: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
}

/**
 * The prefix of our loggers in loglevel's registry. So loggers that other packages made with loglevel keep their
 * own level and output, and a name such as `constructor` cannot clash with what the registry inherits.
 */
export const registryPrefix = 'tomodachi/'

/**
 * The threshold that a name means, in upper or lower case. `warn` is `warning`; `critical` is `error`, the highest
 * level there is. Throws LOG_LEVEL_INVALID for any other name.
 */
export function parseLevel(name: string): Method {
  const key = String(name).trim().toLowerCase()
  const known = levelNames.find((candidate) => candidate === key)
  if (known === undefined) {
    throw new TomodachiError('LOG_LEVEL_INVALID', { level: String(name), known: levelNames.join(', ') })
  }
  return thresholds[known]
}

/** Sets the threshold of every existing logger, without persisting it. Methods below the threshold become no-ops. */
export function applyLevels(thresholdOf: (name: string) => Method | 'silent'): void {
  for (const [key, logger] of Object.entries(loglevel.getLoggers())) {
    if (key.startsWith(registryPrefix)) logger.setLevel(thresholdOf(key.slice(registryPrefix.length)), false)
  }
}
