import { Child, serverPath } from './child.ts'
import { type Line, lineOf } from './line.ts'
import type { Pace } from './pace.ts'
import { measure, type Sitting } from './rounds.ts'

/** Messages that the memory bus delivers per second, against a composed call with the same wire format. */
export async function* bus(pace: Pace): AsyncGenerator<Line> {
  for (const format of ['jsonBase', 'raw']) {
    for (const middlewares of [0, 5]) {
      const samples = await measure(pace, () => startDeliverers(format, middlewares))
      const name = `${format}, ${middlewares} middlewares`
      yield lineOf({ bench: 'bus', case: name, unit: 'messages/s', better: 'higher' }, samples)
    }
  }
}

async function startDeliverers(format: string, middlewares: number): Promise<Sitting> {
  const parameters = [format, String(middlewares)]
  const composed = await Child.start(serverPath('bus/composed.mjs'), parameters)
  const ours = await Child.start(serverPath('bus/ours.mjs'), parameters)
  return {
    contenders: {
      composed: (milliseconds) => perSecond(composed, milliseconds),
      ours: (milliseconds) => perSecond(ours, milliseconds),
    },
    async end() {
      await composed.end()
      await ours.end()
    },
  }
}

async function perSecond(child: Child, milliseconds: number): Promise<number> {
  return (await child.ask('deliver', milliseconds)) as number
}
