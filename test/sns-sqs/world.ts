import { startFauxqs } from 'fauxqs'
import type { DeadMessage, World } from 'tomodachi/conformance'
import { jsonBase } from 'tomodachi/envelopes'
import { type SnsSqsBus, type SnsSqsOptions, snsSqs } from 'tomodachi/sns-sqs'
import type { BusWorld } from '../bus-world.ts'

export type Fauxqs = Awaited<ReturnType<typeof startFauxqs>>

/** An emulator of its own for a test, over real HTTP. */
export async function emulator(): Promise<Fauxqs> {
  return startFauxqs({ port: 0, host: 'localhost', logger: false })
}

/** A bus on an emulator, or on a proxy in front of it. Receives are short, as a stop waits for them. */
export function busOn(port: number, options: SnsSqsOptions = {}): SnsSqsBus {
  const url = `http://127.0.0.1:${port}`
  return snsSqs({
    regionName: 'eu-west-1',
    awsAccessKeyId: 'test',
    awsSecretAccessKey: 'test',
    endpointUrls: { sns: url, sqs: url },
    waitTime: '1s',
    ...options,
  })
}

/** A world on an emulator of its own, which ends with the world. */
export async function snsSqsWorld(
  options: SnsSqsOptions = {},
): Promise<BusWorld & { readonly server: Fauxqs }> {
  const server = await emulator()
  return { server, bus: () => busOn(server.port, options), ...worldOn(() => server) }
}

/** A world on an emulator, which ends with the world; all but its buses. */
export function worldOn(server: () => Fauxqs): Omit<World, 'bus'> {
  return {
    deadLetters: async (queue) => lettersIn(server(), queue.replace(/\.dead$/, '-dead')),
    publishRaw: async (topic, payload) => {
      server().publish(topic, payload, { region: 'eu-west-1' })
    },
    close: () => server().stop(),
  }
}

/** What waits in a queue, and stays there. */
export function lettersIn(server: Fauxqs, queue: string): readonly DeadMessage[] {
  const { ready = [], delayed = [], inflight = [] } = server.inspectQueue(queue)?.messages ?? {}
  const messages = [...ready, ...delayed, ...inflight.map(({ message }) => message)]
  return messages.map(({ body, messageAttributes }) => {
    const { Message, MessageAttributes } = wrapping(body)
    return { data: dataIn(Message), headers: { ...texts(MessageAttributes), ...texts(messageAttributes) } }
  })
}

function wrapping(body: string): { readonly Message: string; readonly MessageAttributes?: object } {
  try {
    return JSON.parse(body)
  } catch {
    return { Message: body }
  }
}

function texts(attributes: object = {}): Record<string, unknown> {
  const entries = Object.entries(attributes as Record<string, { StringValue?: string; Value?: string }>)
  return Object.fromEntries(entries.map(([name, { StringValue, Value }]) => [name, StringValue ?? Value]))
}

function dataIn(payload: string): unknown {
  try {
    return jsonBase().parse(payload, {}).data
  } catch {
    return payload
  }
}
