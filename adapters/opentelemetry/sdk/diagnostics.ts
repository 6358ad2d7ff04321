import { format } from 'node:util'
import { getLogger, type Logger } from '../../../kernel/index.ts'
import { headerValues, type Variables } from './variables.ts'

type Say = (message: string, ...rest: unknown[]) => void

/** What the API takes for the diagnostics of an SDK. */
export interface DiagnosticLogger {
  readonly error: Say
  readonly warn: Say
  readonly info: Say
  readonly debug: Say
  readonly verbose: Say
}

/** The part of the API that diagnostics go through. */
export interface Diagnostics {
  setLogger(
    logger: DiagnosticLogger,
    options: { readonly logLevel: number; readonly suppressOverrideMessage: boolean },
  ): boolean
}

/** The levels of OTEL_LOG_LEVEL, as the API numbers them. */
const levels: Readonly<Record<string, number>> = {
  NONE: 0,
  ERROR: 30,
  WARN: 50,
  INFO: 60,
  DEBUG: 70,
  VERBOSE: 80,
  ALL: 9999,
}
const standardLevel = 50
/** So many different messages are remembered; what is said first after that counts as a repetition. */
const most = 200

/** What an SDK and its exporters say about themselves, as records of the log. */
export class DiagnosticLog {
  readonly #log: Logger = getLogger('tomodachi.opentelemetry')
  readonly #secrets: readonly string[]
  readonly #level: number
  readonly #said = new Set<string>()
  #failures: string[] | undefined

  constructor(variables: Variables) {
    this.#secrets = headerValues(variables)
    this.#level = levels[variables.OTEL_LOG_LEVEL?.trim().toUpperCase() ?? ''] ?? standardLevel
  }

  /** Has the API write to this log. */
  register(diagnostics: Diagnostics): void {
    const logger: DiagnosticLogger = {
      error: (...words) => this.#say('error', words),
      warn: (...words) => this.#say('warn', words),
      info: (...words) => this.#say('info', words),
      debug: (...words) => this.#log.debug(this.textOf(words)),
      verbose: (...words) => this.#log.debug(this.textOf(words)),
    }
    diagnostics.setLogger(logger, { logLevel: this.#level, suppressOverrideMessage: true })
  }

  /** From now on, failures are collected in the list that is returned, and only logged at debug. */
  collect(): readonly string[] {
    this.#failures = []
    return this.#failures
  }

  /** The text of what was said, without the values of the exporters' headers. */
  textOf(words: readonly unknown[]): string {
    const text = format(...words.map(readable))
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  }

  /** The same message again, whatever its numbers and ids, is logged at debug: an exporter that fails fails often. */
  #say(level: 'error' | 'warn' | 'info', words: readonly unknown[]): void {
    const text = this.textOf(words)
    const key = text.replace(/[\da-f]{8,}|\d+/gi, '0')
    const isNew = !this.#said.has(key) && this.#said.size < most
    if (isNew) this.#said.add(key)
    if (level !== 'info') this.#failures?.push(text)
    this.#log[isNew && !this.#failures ? level : 'debug'](text)
  }
}

/** Errors arrive as JSON, with their stack: the message says it. */
function readable(word: unknown): unknown {
  if (typeof word !== 'string' || !word.startsWith('{')) return word
  try {
    const { name, message, code } = JSON.parse(word) as Readonly<Record<string, unknown>>
    const text = [message, code].find((part) => typeof part === 'string' && part !== '')
    return text === undefined ? word : `${typeof name === 'string' ? name : 'Error'}: ${text}`
  } catch {
    return word
  }
}
