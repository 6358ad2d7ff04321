import { TomodachiError } from '../../index.ts'
import type { Values } from '../arguments/arguments.ts'
import type { Action } from '../arguments/options.ts'
import { applyLogging } from '../arguments/settings.ts'
import { filesMissing } from '../loading/files-missing.ts'
import { servicesOf } from '../loading/services.ts'
import { existingFile, looksLikeSource } from '../program/file.ts'
import { print } from '../program/output.ts'
import { type OpenedBuses, openBuses } from './opened-buses.ts'
import { type FoundQueue, queueNamed, queuesOf } from './queues.ts'
import { jsonText, messagesText, queuesText, textOf } from './text.ts'
import { type Work, workOn } from './work.ts'

/** A command line that begins with `dlq`. */
export interface DeadLetterCommand {
  readonly action: Action
  /** The files and, except for `ls`, the queue. */
  readonly words: readonly string[]
  readonly values: Values
  readonly environment: Readonly<Record<string, string | undefined>>
  /** To be called once the usage is known to be right: a later failure is not wrong usage. */
  usageIsRight(): void
}

const shownByDefault = 10

/**
 * Lists, shows, redrives or discards the dead letters of the services that the files export, over the services' own
 * buses. Their handlers and hooks do not run. Resolves with the exit code. Throws FILES_MISSING, OPTION_INVALID,
 * CONFIRMATION_MISSING and QUEUE_UNKNOWN, and what `servicesOf` and `openBuses` throw.
 */
export async function deadLetters(command: DeadLetterCommand): Promise<number> {
  const { action, words, values } = command
  const files = action === 'ls' ? words : words.slice(0, -1)
  if (files.length === 0) throw missing(action, words)
  const limit = limitOf(values)
  if (action === 'discard' && !values.yes && !values['dry-run'] && !process.stdin.isTTY)
    throw new TomodachiError('CONFIRMATION_MISSING', { command: 'dlq discard' })
  // What modules print, and each attempt to connect, must not mix with output that is read as JSON.
  await applyLogging({}, { TOMODACHI_LOG_LEVEL: 'error', ...command.environment })
  command.usageIsRight()
  const opened = await openBuses(await servicesOf(files))
  try {
    if (action === 'ls') return await list(opened, values)
    const queue = await queueNamed(words.at(-1) ?? '', opened)
    if (action === 'show') return await show(queue, limit ?? shownByDefault, values)
    return await workOn(queue, workOf(action, limit, values))
  } finally {
    await opened.close()
  }
}

async function list(opened: OpenedBuses, { json }: Values): Promise<number> {
  const queues = await queuesOf(opened)
  if (json) print(jsonText(queues.map(({ bus, ...queue }) => ({ bus: bus.name, ...queue }))))
  else print(queuesText(queues))
  return 0
}

async function show({ bus, name }: FoundQueue, limit: number, values: Values): Promise<number> {
  const messages = await bus.deadLetterQueues.peek(name, { limit })
  const shown = messages.map(({ payload, ...others }) =>
    values.payload ? { ...others, payload: textOf(payload) } : others,
  )
  print(values.json ? jsonText(shown) : messagesText(shown))
  return 0
}

function workOf(action: 'redrive' | 'discard', limit: number | undefined, values: Values): Work {
  const { json = false, yes = false, 'dry-run': isDry = false } = values
  return { action, limit, isDry, mayAsk: !yes, json }
}

/** The only word may be the file or the queue. */
function missing(action: Action, [word]: readonly string[]): TomodachiError {
  const command = `dlq ${action}`
  if (action === 'ls') return filesMissing(command, 'a file')
  const isFile = word !== undefined && (looksLikeSource(word) || existingFile(word) !== undefined)
  if (!isFile) return filesMissing(command, 'a file and a queue', [word ?? 'orders.dead'])
  const hint = `"tomodachi dlq ls ${word}" shows the queues`
  return new TomodachiError('FILES_MISSING', { command, needed: 'a file and a queue', hint })
}

function limitOf({ limit }: Values): number | undefined {
  if (limit === undefined) return undefined
  if (/^\d+$/.test(limit.trim()) && Number(limit) > 0) return Number(limit)
  const expected = 'a whole number of at least 1'
  throw new TomodachiError('OPTION_INVALID', { option: '--limit', expected, actual: limit })
}
