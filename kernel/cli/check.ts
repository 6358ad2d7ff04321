import { inTime, isA, millisecondsIn, redactText } from '../adapter-kit.ts'
import { type Service, TomodachiError } from '../index.ts'
import { stopSignals } from '../lifecycle/process/signals.ts'
import { type UnstartedAdapter, unstartedAdapters } from '../lifecycle/unstarted.ts'
import type { Values } from './arguments/arguments.ts'
import { applyLogging } from './arguments/settings.ts'
import { filesMissing } from './loading/files-missing.ts'
import { servicesOf } from './loading/services.ts'
import { reasonWithName } from './program/failure.ts'
import { leave, print } from './program/output.ts'

/** A command line that begins with `check`. */
export interface CheckCommand {
  readonly files: readonly string[]
  readonly values: Values
  readonly environment: Readonly<Record<string, string | undefined>>
  /** To be called once the usage is known to be right: a later failure is not wrong usage. */
  usageIsRight(): void
}

/** What came out of one adapter. */
interface Checked {
  readonly adapter: string
  readonly works: boolean
  /** The code of an error of ours. */
  readonly code?: string
  readonly reason?: string
}

const standard = '30s'
/** How long an adapter may take to close, in milliseconds. */
const farewell = 3_000

/**
 * Connects each adapter of the services that the files export, and says which ones work. No hook and no handler runs,
 * and nothing is consumed, served or created. Resolves with the exit code: 1 if an adapter does not work. Throws
 * FILES_MISSING, OPTION_INVALID, CHECK_TIMEOUT if loading takes too long, and what `servicesOf` throws.
 */
export async function check({ files, values, environment, usageIsRight }: CheckCommand): Promise<number> {
  if (files.length === 0) throw filesMissing('check', 'a file')
  const timeout = values.timeout ?? standard
  const deadline = performance.now() + limitOf(timeout)
  // What modules print, and each attempt to connect, must not mix with the output.
  await applyLogging({}, { TOMODACHI_LOG_LEVEL: 'error', ...environment })
  usageIsRight()
  // The first process of a container would ignore them, and it must not seem to have found everything in order.
  for (const signal of stopSignals) process.once(signal, () => leave(1))
  const services = await loaded(files, deadline, timeout)
  const checked = await checkAll(services, deadline, timeout)
  print(values.json ? `${JSON.stringify(checked, undefined, 2)}\n` : checked.map(lineOf).join(''))
  return checked.every(({ works }) => works) ? 0 : 1
}

function limitOf(timeout: string): number {
  const milliseconds = millisecondsIn(timeout)
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds
  const expected = 'a duration, such as 10s or 2m'
  throw new TomodachiError('OPTION_INVALID', { option: '--timeout', expected, actual: timeout })
}

function loaded(files: readonly string[], deadline: number, timeout: string): Promise<Service[]> {
  const late = () => new TomodachiError('CHECK_TIMEOUT', { timeout, hint: '; the files are still loading' })
  // Where nothing else keeps the process alive, the file can never finish loading, and that is said at once.
  return inTime(servicesOf(files), deadline - performance.now(), late, { keepsAlive: false })
}

function withinLimit(work: Promise<void>, deadline: number, timeout: string): Promise<void> {
  const late = () => new TomodachiError('CHECK_TIMEOUT', { timeout, hint: '' })
  return inTime(work, Math.max(0, deadline - performance.now()), late)
}

function checkAll(services: readonly Service[], deadline: number, timeout: string): Promise<Checked[]> {
  return Promise.all(
    unstartedAdapters(services).map(async (unstarted) => {
      const { name: adapter } = unstarted
      try {
        await connectAndClose(unstarted, (work) => withinLimit(work, deadline, timeout))
        return { adapter, works: true }
      } catch (error) {
        const code = isA(error, TomodachiError) ? { code: error.code } : {}
        return { adapter, works: false, ...code, reason: redactText(reasonWithName(error)) }
      }
    }),
  )
}

async function connectAndClose(
  { adapter, check: connect }: UnstartedAdapter,
  within: (work: Promise<void>) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  try {
    await within(connect(stop.signal))
  } catch (error) {
    stop.abort(error)
    throw error
  } finally {
    await inTime(adapter.close(), farewell, () => new Error('it does not close')).catch(() => {})
  }
}

function lineOf({ adapter, works, reason = '' }: Checked): string {
  return works ? `works  ${adapter}\n` : `fails  ${adapter}: ${reason.replace(/\s+/g, ' ')}\n`
}
