import { isA } from '../adapter-kit.ts'
import { exit, getContext, getService, TomodachiError } from '../index.ts'
import { readArguments } from './arguments/arguments.ts'
import { usage } from './arguments/usage.ts'
import { failureText } from './program/failure.ts'
import { leave, print, survivePipes } from './program/output.ts'
import { programOfProject } from './program/project-copy.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Does what the command line says. Exit codes: 0, 1 for what could not start or failed, 2 for wrong usage. */
export function command(words: readonly string[], environment: Environment): void {
  survivePipes()
  let isUsageRight = false
  const failed = (error: unknown) => {
    process.stderr.write(failureText(error))
    const exitCode = isA(error, TomodachiError) && !isUsageRight ? 2 : 1
    if (!getService()) return leave(exitCode)
    // What a file has started by itself stops in order.
    process.exitCode = exitCode
    exit(exitCode)
  }
  execute(words, environment, () => {
    isUsageRight = true
  }).catch(failed)
}

/** Calls `usageIsRight` once the usage is known to be right: a later failure is not wrong usage. */
async function execute(
  words: readonly string[],
  environment: Environment,
  usageIsRight: () => void,
): Promise<void> {
  const program = programOfProject(words)
  // It runs in this process and reads the same words; signals and the exit code are its own.
  if (program) return void (await import(program.href))
  const { command, action, files, values } = readArguments(words)
  if (values.version) return print(`tomodachi ${getContext().version}\n`)
  if (values['dependency-versions']) return print((await import('./program/package.ts')).dependencyVersions())
  if (values.help || command === undefined) return print(usage())
  if (command === 'chart')
    return print(await (await import('./chart.ts')).chart(values.format, values.machine))
  if (values['env-file']) {
    // Before anything reads the environment: the settings below, and the files.
    ;(await import('./program/environment-files.ts')).loadEnvironmentFiles(values['env-file'])
  }
  if (action !== undefined) {
    const { deadLetters } = await import('./dead-letters/index.ts')
    return leave(await deadLetters({ action, words: files, values, environment, usageIsRight }))
  }
  if (command === 'check') {
    const { check } = await import('./check.ts')
    return leave(await check({ files, values, environment, usageIsRight }))
  }
  const { applyLogging, isOn, workersOf } = await import('./arguments/settings.ts')
  // First, so that "--workers service.ts" is reported as a wrong number instead of a missing file.
  const workers = workersOf(values, environment)
  if (files.length === 0) throw (await import('./loading/files-missing.ts')).filesMissing('run', 'a file')
  await applyLogging(values, environment)
  const isProduction = isOn('production', values, environment)
  // For adapters, which the command does not know.
  if (isProduction) process.env.TOMODACHI_PRODUCTION = '1'
  const isInstrumented = isOn('opentelemetry-instrument', values, environment)
  if (isInstrumented) (await import('./run/instrumented.ts')).checkInstrumenting(files)
  usageIsRight()
  if (workers !== undefined) {
    const { runWorkers } = await import('./run/workers.ts')
    return runWorkers(workers, words, isProduction)
  }
  const { runFiles } = await import('./run/run.ts')
  await runFiles(files, { isProduction, isInstrumented })
}
