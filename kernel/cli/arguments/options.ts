/** An option of the command line. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** Environment variable that is read where the option is not given. */
  readonly variable?: string
  /** Whether it may be given several times; its value is then a list. */
  readonly multiple?: true
  /** The commands that the option belongs to. Absent: it stands for a command itself. */
  readonly command?: CommandName | readonly CommandName[]
  /** The actions of the command that take it. Absent: all. */
  readonly actions?: readonly Action[]
  /** What the value is, for the usage text and for errors. */
  readonly value?: string
  /** One line of the usage text. */
  readonly help: string
}

/** The commands. Some options, such as --help, act as one too. */
export type CommandName = 'run' | 'check' | 'chart' | 'dlq'

/** What can be done with dead letters: the word after `dlq`. */
export const actions = ['ls', 'show', 'redrive', 'discard'] as const

export type Action = (typeof actions)[number]

/** Which command each word means. */
export const commands: ReadonlyMap<string, CommandName> = new Map([
  ['run', 'run'],
  ['start', 'run'],
  ['check', 'check'],
  ['chart', 'chart'],
  ['dlq', 'dlq'],
])

export const options = {
  'log-level': {
    type: 'string',
    short: 'l',
    variable: 'TOMODACHI_LOG_LEVEL',
    command: 'run',
    value: '<level>',
    help: 'debug, info, warning or error (info), by logger too: info,name=debug',
  },
  logger: {
    type: 'string',
    variable: 'TOMODACHI_LOGGER',
    command: 'run',
    value: '<format>',
    help: 'console, json, plain or disabled (console)',
  },
  'custom-logger': {
    type: 'string',
    variable: 'TOMODACHI_CUSTOM_LOGGER',
    command: 'run',
    value: '<module[.name]>',
    help: 'a logger of your own: the export of a file or package',
  },
  'no-capture': {
    type: 'boolean',
    variable: 'TOMODACHI_NO_CAPTURE',
    command: 'run',
    help: 'keep console, debug, warnings and uncaught errors out of the log',
  },
  production: {
    type: 'boolean',
    variable: 'TOMODACHI_PRODUCTION',
    command: 'run',
    help: 'log the start instead of printing a banner',
  },
  workers: {
    type: 'string',
    variable: 'TOMODACHI_WORKERS',
    command: 'run',
    value: '<number>',
    help: 'processes that share the ports, or auto for one per core (none)',
  },
  'opentelemetry-instrument': {
    type: 'boolean',
    variable: 'TOMODACHI_OPENTELEMETRY_INSTRUMENT',
    command: 'run',
    help: 'trace and export as the OTEL_ variables say',
  },
  'env-file': {
    type: 'string',
    multiple: true,
    command: ['run', 'check', 'dlq'],
    value: '<path>',
    help: 'set environment variables from a file; may be given again',
  },
  timeout: {
    type: 'string',
    command: 'check',
    value: '<duration>',
    help: 'how long it may take in all, such as 10s or 2m (30s)',
  },
  format: {
    type: 'string',
    command: 'chart',
    value: '<format>',
    help: 'ascii, svg, mermaid or json (ascii)',
  },
  machine: {
    type: 'string',
    command: 'chart',
    value: '<name>',
    help: 'lifecycle, connection, consumer or worker (lifecycle)',
  },
  limit: {
    type: 'string',
    command: 'dlq',
    actions: ['show', 'redrive', 'discard'],
    value: '<number>',
    help: 'messages at most (show: 10, otherwise all)',
  },
  payload: {
    type: 'boolean',
    command: 'dlq',
    actions: ['show'],
    help: 'print the published payloads too',
  },
  'dry-run': {
    type: 'boolean',
    command: 'dlq',
    actions: ['redrive', 'discard'],
    help: 'count the messages and leave them where they are',
  },
  yes: {
    type: 'boolean',
    command: 'dlq',
    actions: ['discard'],
    help: 'discard without asking',
  },
  json: { type: 'boolean', command: ['check', 'dlq'], help: 'print JSON' },
  help: { type: 'boolean', short: 'h', help: 'print this text' },
  version: { type: 'boolean', short: 'v', help: 'print the version (-V too)' },
  'dependency-versions': { type: 'boolean', help: 'print the versions of node and of all dependencies' },
} as const satisfies Readonly<Record<string, Option>>

export type OptionName = keyof typeof options

export function isOption(name: string): name is OptionName {
  return Object.hasOwn(options, name)
}

/** The option of this name, without its literal types. */
export function optionOf(name: OptionName): Option {
  return options[name]
}
