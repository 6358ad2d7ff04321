import { TomodachiError } from '../errors.ts'
import { optionShape } from '../options/option-shape.ts'
import { flag } from '../options/option-shapes.ts'
import { resolveOptions, type ShapesOf } from '../options/resolve-options.ts'
import { type Finish, finished, flushed, holdsFlushes } from './finish.ts'
import { wantsColors } from './formats/colors.ts'
import { consoleText } from './formats/console.ts'
import { jsonLine } from './formats/json.ts'
import { plainText } from './formats/plain.ts'
import { applyLevels, type Method } from './record/level.ts'
import { type Levels, levelFor, type NamedLevels, namedLevels, parseLevels } from './record/levels.ts'
import { createRecord, type LogRecord } from './record/record.ts'
import type { LogSink } from './sink.ts'
import { toLogSink, writeToSink } from './sink.ts'
import { writeLine } from './stderr.ts'
import { tellListeners } from './watch-log.ts'
import { whileWriting } from './writing.ts'

/** The built-in outputs: for people, JSON lines, plain text, and none. */
export const logFormats = ['console', 'json', 'plain', 'disabled'] as const

/** The built-in outputs: for people, one JSON object per line, plain text, and none. */
export type LogFormat = (typeof logFormats)[number]

/** Options of `configureLogging`. What is left out stays as it is. */
export interface LoggingOptions {
  /**
   * The lowest level that is written: debug, info, warning (or warn), error (or critical). Until you set it: info.
   * Levels of single loggers may follow, as on the command line: `info,orders=debug`.
   */
  readonly level?: string | undefined
  /**
   * Levels of single loggers and of the loggers below them; they replace the levels that were set before. `{
   * orders: 'debug' }` also applies to `orders.billing`, unless a longer name says otherwise.
   */
  readonly levels?: Readonly<Record<string, string>> | undefined
  /** A built-in output, which writes to stderr, or a logger of your own. Until you set it: console. */
  readonly logger?: LogFormat | LogSink | undefined
  /** Colours in the console format. Until you set it, FORCE_COLOR, NO_COLOR, TERM, CI and the terminal decide. */
  readonly colors?: boolean | undefined
}

const loggingShapes = {
  level: optionShape<Levels | undefined>(
    undefined,
    'a level, name=level, or several of them separated by commas, none twice',
    parseLevels,
  ),
  levels: optionShape<NamedLevels | undefined>(
    undefined,
    'an object of levels by the name of a logger',
    namedLevels,
  ),
  logger: optionShape<LogFormat | LogSink | undefined>(
    undefined,
    `${logFormats.map((format) => `"${format}"`).join(', ')}, or a logger of your own`,
    (value) =>
      typeof value === 'object' || typeof value === 'function'
        ? toLogSink(value, 'given to configureLogging')
        : checkFormat(String(value)),
  ),
  colors: flag(undefined),
} satisfies ShapesOf<LoggingOptions>

interface Settings {
  readonly level: Method
  readonly named: NamedLevels
  readonly logger: LogFormat | LogSink
  readonly colors: boolean | undefined
}

type Output = (record: LogRecord) => void

let settings: Settings = { level: 'info', named: new Map(), logger: 'console', colors: undefined }
let output: Output | undefined

/**
 * Sets levels and output of every logger, existing ones included. Throws LOG_LEVEL_INVALID, LOGGER_INVALID or
 * OPTION_INVALID, and then changes nothing.
 */
export function configureLogging(options: LoggingOptions = {}): void {
  const { level, levels, logger, colors } = resolveOptions('configureLogging', options, loggingShapes)
  settings = {
    ...levelsOf(level, levels),
    logger: logger ?? settings.logger,
    colors: colors ?? settings.colors,
  }
  output = undefined
  applyLevels(thresholdOf)
}

/** The loglevel threshold that a logger of this name has now. */
export function thresholdOf(name: string): Method | 'silent' {
  if (isDisabled()) return 'silent'
  return levelFor(name, settings.named) ?? settings.level
}

/** Whether the log is disabled. */
export function isDisabled(): boolean {
  return settings.logger === 'disabled'
}

/** Writes the record where the settings say, and tells the listeners. Never throws. */
export function write(record: LogRecord): void {
  output ??= outputFor(settings)
  whileWriting(output, record)
  tellListeners(record, writeFailure)
}

function writeFailure(error: unknown): void {
  write(createRecord('tomodachi.log', 'error', 'a listener of the log failed', [], { error }))
}

let finishing: Promise<void> | undefined

/** Whether there is something to flush, or to write out by the current logger, before the process ends. */
export function holdsRecords(): boolean {
  return holdsFlushes() || finishing !== undefined || finishNow() !== undefined
}

/**
 * Waits for what is to be flushed, and then until the current logger has written out what it holds, at most three
 * seconds; never rejects. If the logger then accepts no more records, the console format takes its place.
 */
export function finishLogs(): Promise<void> {
  return holdsFlushes() ? flushed().then(finishLogger) : finishLogger()
}

function finishLogger(): Promise<void> {
  const finish = finishNow()
  if (finish === undefined) return finishing ?? Promise.resolve()
  if (finish.isFinal) configureLogging({ logger: 'console' })
  finishing = finished(finish).finally(() => {
    finishing = undefined
  })
  return finishing
}

function finishNow(): Finish | undefined {
  const { logger } = settings
  return typeof logger === 'object' ? (logger as { readonly finish?: Finish }).finish : undefined
}

function checkFormat(name: string): LogFormat {
  const known = logFormats.find((format) => format === name)
  if (known === undefined) throw new TomodachiError('LOGGER_INVALID', { name })
  return known
}

function levelsOf(
  given: Levels | undefined,
  levels: NamedLevels | undefined,
): Pick<Settings, 'level' | 'named'> {
  const { level = settings.level, named } = given ?? {}
  if (levels !== undefined) return { level, named: new Map([...(named ?? []), ...levels]) }
  return { level, named: named?.size ? named : settings.named }
}

function outputFor({ logger, colors }: Settings): Output {
  const forPeople: Output = (record) => writeLine(consoleText(record, painted))
  const painted = colors ?? wantsColors(process.stderr)
  if (typeof logger === 'object') return (record) => writeToSink(logger, record, () => forPeople(record))
  const outputs: Readonly<Record<LogFormat, Output>> = {
    console: forPeople,
    json: (record) => writeLine(jsonLine(record)),
    plain: (record) => writeLine(plainText(record)),
    disabled: () => undefined,
  }
  return outputs[logger]
}
