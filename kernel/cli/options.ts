/** What a command can do with an option. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** Environment variable that is read where the option is not given. */
  readonly variable?: string
  /** The command that the option belongs to. Absent: it stands for a command itself. */
  readonly command?: CommandName
  /** What the value is, for the usage text and for errors. */
  readonly value?: string
  /** One line of the usage text. */
  readonly help: string
}

/** What can be asked for, besides the options that stand for themselves. */
export type CommandName = 'run' | 'chart'

/** The words for each command. */
export const commands: ReadonlyMap<string, CommandName> = new Map([
  ['run', 'run'],
  ['start', 'run'],
  ['chart', 'chart'],
])

export const options = {
  'log-level': {
    type: 'string',
    short: 'l',
    variable: 'TOMODACHI_LOG_LEVEL',
    command: 'run',
    value: '<level>',
    help: 'lowest level: debug, info, warning or error (info)',
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
    help: 'the export of a file or a package that logs instead',
  },
  production: {
    type: 'boolean',
    variable: 'TOMODACHI_PRODUCTION',
    command: 'run',
    help: 'without the banner',
  },
  format: {
    type: 'string',
    command: 'chart',
    value: '<format>',
    help: 'ascii, svg, mermaid or json (ascii)',
  },
  help: { type: 'boolean', short: 'h', help: 'print this text' },
  version: { type: 'boolean', short: 'v', help: 'print the version (-V too)' },
  'dependency-versions': { type: 'boolean', help: 'print the versions of node and of what is used' },
} as const satisfies Readonly<Record<string, Option>>

export type OptionName = keyof typeof options

export function isOption(name: string): name is OptionName {
  return Object.hasOwn(options, name)
}

/** The option of this name, without its literal types. */
export function optionOf(name: OptionName): Option {
  return options[name]
}
