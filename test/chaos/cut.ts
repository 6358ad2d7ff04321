import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Rabbitmq } from '../brokers/rabbitmq.ts'

/**
 * What the broker evaluates: it waits for a file, then cuts. `all` closes every connection, as `rabbitmqctl
 * close_all_connections` does; `one` tears one of them off, without a word to its client.
 */
const cuts = {
  all: 'lists:foreach(fun(C) -> catch rabbit_networking:close_connection(C, "chaos") end, Connections)',
  one: 'exit(lists:nth(rand:uniform(length(Connections)), Connections), kill)',
}

/**
 * Prepares a cut in the broker, since `rabbitmqctl` takes seconds to get there, and resolves with what makes it strike
 * at once. `path` is where files may be made for it.
 */
export async function armCut(
  broker: Rabbitmq,
  path: string,
  kind: keyof typeof cuts,
): Promise<() => Promise<void>> {
  const done = broker.control(
    'eval',
    `file:write_file("${path}.armed", ""),
     Wait = fun Wait() -> filelib:is_file("${path}") orelse begin timer:sleep(1), Wait() end end,
     Wait(),
     Connections = rabbit_networking:connections(),
     ${cuts[kind]}.`,
  )
  while (!existsSync(`${path}.armed`)) await sleep(20)
  return async () => {
    writeFileSync(path, '')
    await done
  }
}
