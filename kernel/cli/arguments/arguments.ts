import { parseArgs } from 'node:util'
import { TomodachiError } from '../../index.ts'
import { existingFile, looksLikeSource } from '../program/file.ts'
import { nearest } from './nearest.ts'
import {
  type Action,
  actions,
  type CommandName,
  commands,
  isOption,
  type Option,
  type OptionName,
  optionOf,
  options,
} from './options.ts'

/** The options that were given, by name; a flag is `true`. */
export type Values = { readonly [Name in OptionName]?: ValueOf<(typeof options)[Name]> }

type ValueOf<Option> = Option extends { readonly multiple: true }
  ? readonly string[]
  : Option extends { readonly type: 'string' }
    ? string
    : true

/** The command line, read and checked. */
export interface Arguments {
  /** Undefined when no command was named. */
  readonly command: CommandName | undefined
  /** The action of `dlq`. */
  readonly action: Action | undefined
  readonly files: readonly string[]
  readonly values: Values
}

/**
 * Reads the words after `tomodachi`. Throws COMMAND_UNKNOWN, FILES_UNEXPECTED, OPTION_UNKNOWN, OPTION_MISPLACED,
 * OPTION_WITHOUT_VALUE or OPTION_WITH_VALUE.
 */
export function readArguments(words: readonly string[]): Arguments {
  // Not strict: the tokens say exactly what is wrong, while parseArgs would throw a sentence of its own.
  const { tokens } = parseArgs({
    args: words.map((word) => (word === '-V' ? '-v' : word)),
    options: options as Record<OptionName, { type: 'string' | 'boolean' }>,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const given = tokens.filter((token) => token.kind === 'option')
  const values = valuesOf(given)
  const [word, ...files] = tokens
    .filter(({ kind }) => kind === 'positional')
    .map((token) => ('value' in token ? String(token.value) : ''))
  if (word === undefined || values.help || values.version || values['dependency-versions']) {
    return { command: undefined, action: undefined, files, values }
  }
  const command = commands.get(word)
  if (command === undefined)
    throw new TomodachiError('COMMAND_UNKNOWN', { command: word, hint: commandHint(word, words) })
  const action = command === 'dlq' ? actionOf(files.shift()) : undefined
  for (const { name, rawName } of given) {
    const option = optionOf(name as OptionName)
    if (![option.command].flat().includes(command) || !isOf(option, action)) {
      const full = [word, action].filter(Boolean).join(' ')
      throw new TomodachiError('OPTION_MISPLACED', { option: rawName, command: full })
    }
  }
  if (command === 'chart' && files[0] !== undefined) {
    throw new TomodachiError('FILES_UNEXPECTED', { command: word, file: files[0] })
  }
  return { command, action, files, values }
}

function actionOf(word = ''): Action {
  const action = actions.find((name) => name === word)
  if (action !== undefined) return action
  const meant = nearest(word, actions)
  const hint =
    meant === undefined ? `the commands are dlq ${actions.join(', dlq ')}` : `did you mean dlq ${meant}?`
  throw new TomodachiError('COMMAND_UNKNOWN', { command: `dlq ${word}`.trim(), hint })
}

function isOf({ actions }: Option, action: Action | undefined): boolean {
  return actions === undefined || (action !== undefined && actions.includes(action))
}

/** When an option is given twice, the later value counts, unless the option takes several. */
function valuesOf(tokens: readonly OptionToken[]): Values {
  const values: Record<string, string | true | (string | true)[]> = {}
  for (const token of tokens) {
    const value = checkedValue(token)
    const isList = optionOf(token.name as OptionName).multiple
    values[token.name] = isList ? [values[token.name] ?? [], value].flat() : value
  }
  return values as Values
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function checkedValue({ name, rawName, value, inlineValue }: OptionToken): string | true {
  if (!isOption(name)) throw new TomodachiError('OPTION_UNKNOWN', { option: rawName, hint: optionHint(name) })
  const option = optionOf(name)
  if (option.type === 'boolean') {
    if (value !== undefined) throw new TomodachiError('OPTION_WITH_VALUE', { option: rawName, value })
    return true
  }
  if (value === undefined || (!inlineValue && /^-./.test(value))) {
    throw new TomodachiError('OPTION_WITHOUT_VALUE', { option: rawName, help: option.help })
  }
  return value
}

function optionHint(name: string): string {
  const meant = nearest(name, Object.keys(options))
  return meant === undefined ? 'tomodachi --help lists the options' : `did you mean --${meant}?`
}

function commandHint(word: string, words: readonly string[]): string {
  if (looksLikeSource(word) || existingFile(word) !== undefined) {
    return `to run a file, write "tomodachi run ${words.join(' ')}"`
  }
  const meant = nearest(word, [...commands.keys(), '--help', '--version'])
  return meant === undefined
    ? `the commands are ${[...commands.keys()].join(', ')}`
    : `did you mean ${meant}?`
}
