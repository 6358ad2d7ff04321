// A RabbitMQ for the tests: the one that is there, else one of their own, in a temporary folder and on free ports.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { lastingPort } from '../lasting-port.ts'

/** A broker, and how to treat it badly. */
export interface Rabbitmq {
  readonly url: string
  readonly port: number
  /** Runs `rabbitmqctl`, and resolves with what it prints. */
  control(...parameters: readonly string[]): Promise<string>
  /** Ends it, as if the machine had gone down. What it has on disk stays. */
  kill(): Promise<void>
  /** Starts it again, on the same port, unless it runs. */
  start(): Promise<void>
  /** Ends it at once, with all that belongs to it. */
  remove(): void
}

const run = promisify(execFile)
const usual = 'amqp://127.0.0.1:5672'
const startPatience = 120_000
/** Its port mapper can be ended while the node that was killed is still in the list. */
const endable = { ERL_EPMD_RELAXED_COMMAND_CHECK: '1' }
/** Debian's commands in the path change the user, and want to own the folders. */
const folders = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/sbin', '/usr/local/sbin', '/usr/sbin', '/usr/bin']

/**
 * The URL of a broker that runs: `AMQP_URL`, or the usual one on this machine. Undefined when there is none.
 */
export async function runningRabbitmq(): Promise<string | undefined> {
  const url = process.env.AMQP_URL ?? usual
  const { hostname, port } = new URL(url)
  return (await speaksAmqp(hostname, Number(port || 5_672))) ? url : undefined
}

/**
 * Starts a broker of its own. Installs Debian's package where there is none, and it may. Undefined when there is no
 * RabbitMQ to be had.
 */
export async function ownRabbitmq(): Promise<Rabbitmq | undefined> {
  const binaries = binariesFolder() ?? installed()
  if (binaries === undefined) return undefined
  const broker = await prepare(binaries)
  try {
    await broker.start()
    return broker
  } catch (error) {
    broker.remove()
    throw error
  }
}

function binariesFolder(): string | undefined {
  return folders.find((folder) => existsSync(join(folder, 'rabbitmq-server')))
}

function installed(): string | undefined {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return undefined
  console.log('installing rabbitmq-server')
  // Run level 1 keeps the package from starting a broker.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  spawnSync('apt-get', ['update', '-q'], { env })
  const parameters = ['install', '-y', '-q', '--no-install-recommends', 'rabbitmq-server']
  const { status, stderr } = spawnSync('apt-get', parameters, { env, encoding: 'utf8' })
  if (status !== 0) console.log(stderr)
  return binariesFolder()
}

async function prepare(binaries: string): Promise<Rabbitmq> {
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-rabbitmq-'))
  const [port, distribution, directory] = await Promise.all([lastingPort(), lastingPort(), lastingPort()])
  const plugins = join(folder, 'enabled_plugins')
  writeFileSync(plugins, '[].')
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    LANG: 'C.UTF-8',
    ...endable,
    ERL_EPMD_PORT: String(directory),
    RABBITMQ_NODENAME: 'tomodachi@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    // Busy waiting would take the tests' processors away.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none',
  }
  let server: ChildProcess | undefined

  const end = () => {
    try {
      if (server?.pid !== undefined) process.kill(-server.pid, 'SIGKILL')
    } catch {
      // Nobody is left in the group.
    }
  }
  return {
    url: `amqp://127.0.0.1:${port}`,
    port,
    async control(...parameters) {
      const { stdout } = await run(join(binaries, 'rabbitmqctl'), ['--quiet', ...parameters], { env })
      return stdout
    },
    async start() {
      if (await speaksAmqp('127.0.0.1', port)) return
      const log = openSync(join(folder, 'output'), 'a')
      server = spawn(join(binaries, 'rabbitmq-server'), { env, detached: true, stdio: ['ignore', log, log] })
      const deadline = Date.now() + startPatience
      while (!(await speaksAmqp('127.0.0.1', port))) {
        if (server.exitCode !== null || Date.now() > deadline)
          throw new Error(`RabbitMQ does not start: ${readFileSync(join(folder, 'output'), 'utf8')}`)
        await sleep(200)
      }
    },
    async kill() {
      end()
      while (await speaksAmqp('127.0.0.1', port)) await sleep(50)
    },
    remove() {
      end()
      spawnSync('epmd', ['-port', String(directory), '-kill'], { env })
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Whether whoever listens there answers as a broker does that has come up (AMQP 0-9-1, 4.2.2). */
function speaksAmqp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 })
    const answer = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => socket.write('AMQP\x00\x00\x09\x01'))
    socket.once('data', ([first]) => answer(first === 1))
    for (const event of ['error', 'timeout', 'close'] as const) socket.once(event, () => answer(false))
  })
}
