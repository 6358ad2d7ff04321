import { setImmediate as turn } from 'node:timers/promises'
import type { Topic } from 'tomodachi'
import { type Faults, type Publish, refuse } from './fault.ts'

const nameOf = (topic: string | Topic) => (typeof topic === 'string' ? topic : topic.name)

/** Publishes with other headers. */
const withHeaders =
  (change: (name: string, value: unknown) => readonly [string, unknown]) =>
  (publish: Publish): Publish =>
  (topic, data, { headers = {}, ...options } = {}) => {
    const changed = Object.entries(headers).map(([name, value]) => change(name, value))
    return publish(topic, data, { ...options, headers: Object.fromEntries(changed) })
  }

/** What goes wrong with dead letters, payloads and the connection. */
export const brokerFaults: Faults = {
  'discards what it should redrive': [
    () => ({ aside: ({ discard }) => ({ redrive: (queue, work) => discard(queue, work) }) }),
    ['C61', 'C33 binary', 'C33 headers'],
  ],
  'redrives nothing': [
    () => ({ aside: ({ peek }) => ({ redrive: async (queue) => (await peek(queue)).length }) }),
    ['C61'],
  ],
  'redrives more than it should': [
    () => ({ aside: ({ redrive }) => ({ redrive: async (queue) => Math.min(2, await redrive(queue)) }) }),
    ['C61'],
  ],
  'redrives again what has failed again': [
    () => ({
      aside: ({ redrive, peek }) => ({
        async redrive(queue, work) {
          const done = await redrive(queue, work)
          for (let look = 0; look < 200 && (await peek(queue)).length < done; look++) await turn()
          return done + (await redrive(queue, work))
        },
      }),
    }),
    ['C67'],
  ],
  'keeps what it redrives': [
    () => ({
      aside: ({ redrive }) => {
        const known = new Map<string, number>()
        return {
          async redrive(queue, work) {
            const done = (known.get(queue) ?? 0) + (await redrive(queue, work))
            known.set(queue, done)
            return done
          },
        }
      },
    }),
    ['C61'],
  ],
  'cannot list': [
    () => ({ aside: () => ({ list: refuse }) }),
    ['C60', 'C61', 'C62', 'C49', 'C33 binary', 'C33 headers'],
  ],
  'counts nothing': [
    () => ({
      aside: ({ list }) => ({
        list: async (actors) => (await list(actors)).map((queue) => ({ ...queue, count: 0 })),
      }),
    }),
    ['C60', 'C61', 'C62'],
  ],
  'shows nothing': [() => ({ aside: () => ({ peek: async () => [] }) }), ['C60', 'C33 binary', 'C49']],
  'takes out what it shows': [
    () => ({
      aside: ({ peek, discard }) => ({
        async peek(queue, options) {
          const messages = await peek(queue, options)
          await discard(queue)
          return messages
        },
      }),
    }),
    ['C60'],
  ],
  'discards nothing': [() => ({ aside: () => ({ discard: async () => 0 }) }), ['C62']],
  'discards everything': [
    () => ({ aside: ({ discard }) => ({ discard: async (queue) => Math.min(1, await discard(queue)) }) }),
    ['C62'],
  ],
  'tells of nothing that it publishes': [() => ({ tells: 0 }), ['C32', 'C64']],
  'tells of everything twice': [() => ({ tells: 2 }), ['C32', 'C64']],
  'tells of what its broker does not have yet': [
    () => ({
      tells: 0,
      publish: (publish, bus) => async (topic, data, options) => {
        bus.kernelBus?.emit('published', {
          adapter: 'memory',
          transport: 'memory',
          topic: nameOf(topic),
          bytes: 0,
          elapsed: 0,
        })
        await publish(topic, data, options)
      },
    }),
    ['C31 stalled'],
  ],
  'publishes what cannot be made': [
    () => ({
      publish: (publish) => async (topic, data, options) =>
        publish(topic, data, options).catch(() => publish(topic, data)),
    }),
    ['C32'],
  ],
  'says always that it is ready': [() => ({ ready: true }), ['C51 readiness', 'C51 cut']],
  'says never that it is ready': [() => ({ ready: false }), ['C50', 'C51 readiness', 'C51 cut']],
  'does not say why it is not ready': [() => ({ problems: () => [] }), ['C69']],
  'gives no reason for not being ready': [
    () => ({ problems: (problems) => problems.map((problem) => ({ ...problem, reason: '' })) }),
    ['C69'],
  ],
  'does not know since when it is not ready': [
    () => ({
      problems: (problems) => problems.map((problem) => ({ ...problem, since: new Date(Number.NaN) })),
    }),
    ['C69'],
  ],
  'has problems although it is ready': [
    () => ({ problems: () => [{ part: 'the connection', reason: 'it was cut', since: new Date() }] }),
    ['C51 readiness', 'C69'],
  ],
  'publishes later what its publisher may reuse': [
    () => ({
      publish: (publish) => async (topic, data, options) => {
        await turn()
        await publish(topic, data, options)
      },
    }),
    ['C72'],
  ],
  'does not wait for the answer of the broker': [
    () => ({
      publish: (publish) => async (topic, data, options) => {
        // An error that comes at once is no answer of the broker.
        publish(topic, data, options).catch(() => {})
      },
    }),
    ['C31 stalled'],
  ],
  'takes bytes for text': [
    () => ({
      publish: (publish) => (topic, data, options) =>
        publish(topic, data instanceof Uint8Array ? Buffer.from(data).toString() : data, options),
    }),
    ['C33 binary'],
  ],
  'publishes without the format of the topic': [
    () => ({
      publish: (publish) => (topic, data, options) => publish(nameOf(topic), data, options),
    }),
    ['C34', 'C33 binary'],
  ],
  'reads without the format of the topic': [() => ({ topic: nameOf }), ['C34', 'C33 binary']],
  'reads without the format of the handler': [
    () => ({ options: ({ envelope: _, ...options }) => options }),
    ['C34'],
  ],
  'publishes without the format of the call': [
    () => ({
      publish:
        (publish) =>
        (topic, data, { envelope: _, ...options } = {}) =>
          publish(topic, data, options),
    }),
    ['C34', 'C32'],
  ],
  'spells headers in lower case': [
    () => ({ publish: withHeaders((name, value) => [name.toLowerCase(), value]) }),
    ['C33 headers'],
  ],
  'cuts long headers': [
    () => ({ publish: withHeaders((name, value) => [name, String(value).slice(0, 255)]) }),
    ['C33 headers'],
  ],
  'passes no traces on': [
    () => ({
      publish: (publish) => (topic, data, options) =>
        publish(topic, data, { ...options, headers: { traceparent: undefined, ...options?.headers } }),
    }),
    ['C49'],
  ],
}
