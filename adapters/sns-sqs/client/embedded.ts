import { loadPackage } from '../../../kernel/adapter-kit.ts'
import { getLogger, TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedOptions } from './options.ts'

/** An emulator that runs in this process. */
export interface Emulator {
  readonly endpoint: string
  stop(): Promise<void>
}

const off = new Set(['', '0', 'no', 'none', 'false'])

/** The flag `--production` sets this variable too. */
function isProduction(): boolean {
  return !off.has(process.env.TOMODACHI_PRODUCTION?.trim().toLowerCase() ?? '')
}

/** Starts the emulator fauxqs on a free port. Rejects with `EMBEDDED_IN_PRODUCTION` and `PACKAGE_MISSING`. */
export async function startEmulator({ name, embedded }: ResolvedOptions): Promise<Emulator> {
  if (isProduction()) throw new TomodachiError('EMBEDDED_IN_PRODUCTION', { adapter: name })
  const { startFauxqs } = await loadPackage(name, 'fauxqs', () => import('fauxqs'))
  const { dataDir } = embedded || {}
  const server = await startFauxqs({
    port: 0,
    host: 'localhost',
    logger: false,
    ...(dataDir === undefined ? {} : { dataDir }),
  })
  const endpoint = `http://127.0.0.1:${server.port}`
  getLogger(`tomodachi.${name}`).warn(
    'SNS AND SQS ARE EMBEDDED IN THIS PROCESS: this is an emulator for development, not AWS',
    { endpoint, messages: dataDir === undefined ? 'are gone when it ends' : `are kept in ${dataDir}` },
  )
  return { endpoint, stop: () => server.stop() }
}
