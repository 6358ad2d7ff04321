import { availableParallelism } from 'node:os'
import { captureLogs, configureLogging, TomodachiError } from '../../index.ts'
import { useCustomLogger } from '../loading/logger.ts'
import type { Values } from './arguments.ts'
import { choiceOf } from './choice.ts'
import { type OptionName, optionOf } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>

const formats = ['console', 'json', 'plain', 'disabled'] as const
/** A port number, given by mistake, must not start thousands of processes. */
const mostWorkers = 512
const off = new Set(['0', 'no', 'none', 'false'])

/** A value, and where it was given: `--logger` or `TOMODACHI_LOGGER`. */
interface Setting {
  readonly value: string
  readonly place: string
  readonly isFlag: boolean
}

/**
 * Whether an option without a value is on: by its flag, or by its variable unless that is 0, no, none, false or
 * empty.
 */
export function isOn(name: OptionName, values: Values, environment: Environment): boolean {
  const value = environment[optionOf(name).variable ?? '']?.trim().toLowerCase() ?? ''
  return values[name] === true || (value !== '' && !off.has(value))
}

/**
 * How many workers to run; `auto` is one per core. Undefined without the option: the process then runs the services
 * itself. Throws OPTION_INVALID.
 */
export function workersOf(values: Values, environment: Environment): number | undefined {
  const setting = settingOf('workers', values, environment)
  if (setting === undefined) return undefined
  const { value, place } = setting
  if (value.trim().toLowerCase() === 'auto') return Math.min(availableParallelism(), mostWorkers)
  const count = /^\d+$/.test(value.trim()) ? Number(value) : 0
  if (count >= 1 && count <= mostWorkers) return count
  const expected = `a whole number from 1 to ${mostWorkers}, or auto`
  throw new TomodachiError('OPTION_INVALID', { option: place, expected, actual: value })
}

/**
 * Sets up logging from the options and the environment, where options win, and makes what others print part of the
 * log. Throws LOG_LEVEL_INVALID, LOGGER_INVALID, LOGGER_NOT_FOUND, OPTION_INVALID for an unknown format and for
 * levels that cannot be read, and OPTIONS_CONFLICT for both a format and a logger.
 */
export async function applyLogging(values: Values, environment: Environment): Promise<void> {
  const level = settingOf('log-level', values, environment)
  const format = settingOf('logger', values, environment)
  const custom = settingOf('custom-logger', values, environment)
  if (format && custom && format.isFlag === custom.isFlag) {
    throw new TomodachiError('OPTIONS_CONFLICT', { one: format.place, other: custom.place })
  }
  // First, so that a wrong level is reported before a logger is loaded.
  if (level) applyLevel(level)
  if (custom && !(format?.isFlag && !custom.isFlag)) await useCustomLogger(custom.value, level?.value)
  else if (format) configureLogging({ logger: choiceOf(format.place, format.value, formats) })
  if (!isOn('no-capture', values, environment)) captureLogs()
}

/** Names the option as it was given. */
function applyLevel({ value, place }: Setting): void {
  try {
    configureLogging({ level: value })
  } catch (error) {
    if (!(error instanceof TomodachiError) || error.code !== 'OPTION_INVALID') throw error
    throw new TomodachiError('OPTION_INVALID', {
      ...(error as TomodachiError<'OPTION_INVALID'>).values,
      option: place,
    })
  }
}

function settingOf(name: OptionName, values: Values, environment: Environment): Setting | undefined {
  const { variable = '' } = optionOf(name)
  const given = values[name]
  if (typeof given === 'string') return { value: given, place: `--${name}`, isFlag: true }
  const value = environment[variable]?.trim()
  return value ? { value, place: variable, isFlag: false } : undefined
}
