import { configureLogging, TomodachiError } from '../index.ts'
import type { Values } from './arguments.ts'
import { choiceOf } from './choice.ts'
import { useCustomLogger } from './logger.ts'
import { type OptionName, optionOf } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>

const formats = ['console', 'json', 'plain', 'disabled'] as const
const off = new Set(['0', 'no', 'none', 'false'])

/** A value, and where it was given: `--logger` or `TOMODACHI_LOGGER`. */
interface Setting {
  readonly value: string
  readonly place: string
  readonly isFlag: boolean
}

/** Whether to leave the banner out: by flag, or by TOMODACHI_PRODUCTION unless that is 0, no, none, false or empty. */
export function isProduction(values: Values, { TOMODACHI_PRODUCTION = '' }: Environment): boolean {
  const value = TOMODACHI_PRODUCTION.trim().toLowerCase()
  return values.production === true || (value !== '' && !off.has(value))
}

/**
 * Sets up logging as options and environment say; options win. Throws LOG_LEVEL_INVALID, LOGGER_INVALID,
 * LOGGER_NOT_FOUND, OPTION_INVALID for an unknown format, and OPTIONS_CONFLICT for a format beside a logger.
 */
export async function applyLogging(values: Values, environment: Environment): Promise<void> {
  const level = settingOf('log-level', values, environment)?.value
  const format = settingOf('logger', values, environment)
  const custom = settingOf('custom-logger', values, environment)
  if (format && custom && format.isFlag === custom.isFlag) {
    throw new TomodachiError('OPTIONS_CONFLICT', { one: format.place, other: custom.place })
  }
  // First, so that a wrong level is told of before a logger is loaded.
  configureLogging({ level })
  if (custom && !(format?.isFlag && !custom.isFlag)) await useCustomLogger(custom.value, level)
  else if (format) configureLogging({ logger: choiceOf(format.place, format.value, formats) })
}

function settingOf(name: OptionName, values: Values, environment: Environment): Setting | undefined {
  const { variable = '' } = optionOf(name)
  const given = values[name]
  if (typeof given === 'string') return { value: given, place: `--${name}`, isFlag: true }
  const value = environment[variable]?.trim()
  return value ? { value, place: variable, isFlag: false } : undefined
}
