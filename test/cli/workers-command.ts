import { until } from '../until.ts'
import { Command, type Surroundings } from './command.ts'

export { until }

/** Every process of the tests. */
const pids = new Set<number>()

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Resolves when none of the processes is there any more. */
export async function allGone(): Promise<void> {
  const left = () => [...pids].filter(isAlive)
  await until(
    () => left().length === 0,
    () => `the end of ${left()}`,
  )
}

/** For `after.each`: leaves no process, whatever has failed. */
export function killAll(): void {
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  pids.clear()
}

/** A command that runs `shared.mjs` in workers. */
export class Workers extends Command {
  #hasEnded = false

  constructor(words: readonly string[], surroundings?: Surroundings) {
    super([...words, 'shared.mjs'], surroundings)
    pids.add(this.pid)
    this.child.once('close', () => {
      this.#hasEnded = true
    })
  }

  /** Resolves when all have started. */
  static async started(count: number, surroundings?: Surroundings): Promise<Workers> {
    const command = new Workers(['run', '--workers', String(count)], surroundings)
    await command.says('press Ctrl-C to stop')
    return command
  }

  get pid(): number {
    return this.child.pid as number
  }

  get port(): number {
    return Number(/http:.*:(\d+)$/m.exec(this.stdout)?.[1])
  }

  get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`)
  }

  /** Those of which the supervisor has said so, in order; of one worker, if its number is given. */
  pids(what: 'started' | 'stopped' | 'died', worker = '\\d+'): number[] {
    const lines = this.stderr.matchAll(new RegExp(`worker ${worker} \\((\\d+)\\) ${what}`, 'g'))
    return [...lines].map(([, pid]) => Number(pid))
  }

  /** Resolves when it has printed this so many times; rejects when it ends without. */
  async says(text: string, times = 1): Promise<void> {
    const said = () => this.stdout + this.stderr
    const hasSaid = () => said().split(text).length > times
    await until(
      () => hasSaid() || this.#hasEnded,
      () => `${times} × ${text} in\n${said()}`,
    )
    if (!hasSaid()) throw new Error(`ended without ${times} × ${text}:\n${said()}`)
    for (const pid of this.pids('started')) pids.add(pid)
  }
}
