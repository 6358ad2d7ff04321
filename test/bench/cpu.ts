import { Child, serverPath } from './child.ts'
import { check, type Exchange, requestBytes } from './exchange.ts'
import { Load } from './load.ts'
import type { Sitting } from './rounds.ts'

/** A server to measure. */
export interface Server {
  /** In `servers/`. */
  readonly file: string
  readonly parameters?: readonly string[]
  /** What is sent to it. */
  readonly exchanges: readonly Exchange[]
}

interface Running {
  readonly name: string
  readonly child: Child
  readonly load: Load
}

/**
 * Starts servers, and checks that each answers as it must, to what is `checked` besides too. Their figure is
 * microseconds of processor time per request.
 */
export async function startServers(
  servers: Readonly<Record<string, Server>>,
  checked: readonly Exchange[] = [],
): Promise<Sitting> {
  const running: Running[] = []
  for (const [name, server] of Object.entries(servers)) running.push(await startServer(name, server, checked))
  return {
    contenders: Object.fromEntries(
      running.map((server) => [server.name, (milliseconds) => cpuPerRequest(server, milliseconds)]),
    ),
    async end() {
      for (const { child, load } of running) {
        load.close()
        await child.end()
      }
    },
  }
}

async function startServer(
  name: string,
  { file, parameters, exchanges }: Server,
  checked: readonly Exchange[],
): Promise<Running> {
  const child = await Child.start(serverPath(file), parameters)
  for (const exchange of [...exchanges, ...checked]) await check(name, child.port, exchange)
  return { name, child, load: await Load.open(child.port, exchanges.map(requestBytes)) }
}

async function cpuPerRequest({ child, load }: Running, milliseconds: number): Promise<number> {
  const before = await child.usage()
  const answers = await load.run(milliseconds)
  const after = await child.usage()
  return (after.cpu - before.cpu) / answers
}
