import loglevel from 'loglevel'
import { TomodachiError } from '../../errors.ts'

/** The level of a record, in the words that log lines carry. */
export type Level = 'debug' | 'info' | 'warning' | 'error'

/** The methods of loglevel that write records. */
export type Method = 'debug' | 'info' | 'warn' | 'error'

/** What a level may be called in options and on the command line. */
export const levelNames = ['debug', 'info', 'warning', 'warn', 'error', 'critical'] as const

const thresholds: Readonly<Record<(typeof levelNames)[number], Method>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  critical: 'error',
}

/** The level that the records of each loglevel method carry. */
export const levelOf: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
}

/**
 * Our loggers stand in loglevel's registry under this prefix: loggers that other packages made with loglevel keep
 * their own level and output, and a name such as `constructor` cannot meet what the registry inherits.
 */
export const registryPrefix = 'tomodachi/'

/**
 * The threshold that a name stands for, in any case of letters. `warn` is `warning`; `critical` is `error`, because
 * there is no level above it. Throws LOG_LEVEL_INVALID for any other name.
 */
export function parseLevel(name: string): Method {
  const key = String(name).trim().toLowerCase()
  const known = levelNames.find((candidate) => candidate === key)
  if (known === undefined) {
    throw new TomodachiError('LOG_LEVEL_INVALID', { level: String(name), known: levelNames.join(', ') })
  }
  return thresholds[known]
}

/** Gives every logger that exists its threshold, without persisting it; methods below it become no-ops. */
export function applyLevels(thresholdOf: (name: string) => Method | 'silent'): void {
  for (const [key, logger] of Object.entries(loglevel.getLoggers())) {
    if (key.startsWith(registryPrefix)) logger.setLevel(thresholdOf(key.slice(registryPrefix.length)), false)
  }
}
