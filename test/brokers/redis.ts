// A Redis for the tests: the one that is there, else one of their own, in a temporary folder and on a free port.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastingPort } from '../lasting-port.ts'

/** A server, and how to treat it badly. */
export interface Redis {
  readonly url: string
  readonly port: number
  /** Ends it, as if the machine had gone down. What it has on disk stays. */
  kill(): Promise<void>
  /** Stops it where it is: connections stay, and nothing is answered. */
  freeze(): void
  /** Lets it go on. */
  thaw(): void
  /** Starts it again, on the same port, unless it runs. */
  start(): Promise<void>
  /** Ends it at once, with all that belongs to it. */
  remove(): void
}

const usual = 'redis://127.0.0.1:6379'
const startPatience = 60_000

/** The URL of a server that runs: `REDIS_URL`, or the usual one on this machine. Undefined when there is none. */
export async function runningRedis(): Promise<string | undefined> {
  const url = process.env.REDIS_URL ?? usual
  const { hostname, port } = new URL(url)
  return (await speaksRedis(hostname, Number(port || 6_379))) ? url : undefined
}

/**
 * Starts a server of its own, with `parameters` as on its command line. Installs Debian's package where there is none,
 * and it may. Undefined when there is no Redis to be had.
 */
export async function ownRedis(...parameters: readonly string[]): Promise<Redis | undefined> {
  if (!isInstalled() && !install()) return undefined
  const server = await prepare(parameters)
  try {
    await server.start()
    return server
  } catch (error) {
    server.remove()
    throw error
  }
}

function isInstalled(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0
}

function install(): boolean {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  console.log('installing redis-server')
  // Run level 1 keeps the package from starting a server.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  spawnSync('apt-get', ['update', '-q'], { env })
  const parameters = ['install', '-y', '-q', '--no-install-recommends', 'redis-server']
  const { status, stderr } = spawnSync('apt-get', parameters, { env, encoding: 'utf8' })
  if (status !== 0) console.log(stderr)
  return isInstalled()
}

async function prepare(parameters: readonly string[]): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-redis-'))
  const port = await lastingPort()
  // What was confirmed outlives the process.
  const lasting = ['--appendonly', 'yes', '--save', '']
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  let server: ChildProcess | undefined
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      if (await speaksRedis('127.0.0.1', port)) return
      const log = openSync(join(folder, 'output'), 'a')
      server = spawn('redis-server', [...own, ...lasting, ...parameters], { stdio: ['ignore', log, log] })
      const deadline = Date.now() + startPatience
      while (!(await speaksRedis('127.0.0.1', port))) {
        if (server.exitCode !== null || Date.now() > deadline)
          throw new Error(`Redis does not start: ${readFileSync(join(folder, 'output'), 'utf8')}`)
        await sleep(50)
      }
    },
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async kill() {
      server?.kill('SIGKILL')
      while (await speaksRedis('127.0.0.1', port)) await sleep(20)
    },
    remove() {
      server?.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Whether whoever listens there answers as a server does that has come up, or that wants a password first. */
function speaksRedis(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 })
    const answer = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (data) => answer(/^(\+PONG|-NOAUTH)/.test(String(data))))
    for (const event of ['error', 'timeout', 'close'] as const) socket.once(event, () => answer(false))
  })
}
