import { nameOf, partOf, reasonOf } from '../../thrown.ts'
import { logCaptured } from './captured.ts'
import type { Undo } from './undo.ts'

const logger = 'node.warning'

/** Node's options, wherever they were given. */
const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)].join(' ')
const disabled = new Set([...flags.matchAll(/--disable-warning[= ](\S+)/g)].map(([, name]) => name))

/**
 * Logs the warnings of the process to `node.warning` in place of node's own line. Node's options apply: with
 * `--no-warnings` and `--redirect-warnings` everything stays as it is, `--disable-warning` hides a warning, and
 * `--trace-warnings` and `--trace-deprecation` add the stack as `error`.
 */
export function captureWarnings(): Undo {
  const printers = process.listeners('warning').filter(({ name }) => name === 'onWarning')
  const isRedirected = flags.includes('--redirect-warnings') || process.env.NODE_REDIRECT_WARNINGS
  if (printers.length === 0 || isRedirected) return () => undefined
  for (const printer of printers) process.off('warning', printer)
  process.on('warning', logWarning)
  return () => {
    process.off('warning', logWarning)
    for (const printer of printers) process.on('warning', printer)
  }
}

/** Never throws, whatever was emitted; an error here would end the process. */
function logWarning(warning: unknown): void {
  const name = nameOf(warning)
  const code = partOf(warning, 'code')
  const isDeprecation = name === 'DeprecationWarning'
  if (isDisabled(name) || isDisabled(code) || (isDeprecation && process.noDeprecation === true)) return
  const isTraced = flags.includes('--trace-warnings') || (isDeprecation && process.traceDeprecation)
  logCaptured(logger, 'warn', reasonOf(warning), {
    type: name,
    code,
    detail: partOf(warning, 'detail'),
    error: isTraced ? warning : undefined,
  })
}

function isDisabled(name: unknown): boolean {
  return typeof name === 'string' && disabled.has(name)
}
