// node: 24 only
// coverage: none
// What a broker can get wrong, and the kernel cannot make up for: each fault must be noticed.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging } from 'tomodachi'
import { conformance, type Features } from 'tomodachi/conformance'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shelfFaults } from './shelf-faults.ts'
import { type ShelfFaults, shelfWorld } from './shelf-world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('the conformance suite, on a broker with leases')
const features: Partial<Features> = {
  crash: false,
  cut: false,
  stall: false,
  restart: false,
  messages: 200,
  lease: 400,
}
/** Only a fault that is looked for has to be noticed soon. */
const impatient: Partial<Features> = { ...features, patience: 1_500, promptness: 500, silence: 50 }

/** A machine that stands still can hide a fault once. */
const tries = 3

type Laws = ReadonlyMap<string, () => Promise<void>>

function lawsFor(faults: ShelfFaults, demanded: Partial<Features>): Laws {
  const laws = new Map<string, () => Promise<void>>()
  conformance({
    create: (needs) => shelfWorld(faults, needs.includes('leases') ? features.lease : undefined),
    features: demanded,
    test: (name, body) => void laws.set(name, body),
    skip: () => {},
    report: () => {},
  })
  return laws
}

async function failureOf(faults: ShelfFaults, beginning: string): Promise<unknown> {
  for (let count = 0; count < tries; count++) {
    const laws = [...lawsFor(faults, impatient)].filter(([name]) => name.startsWith(beginning))
    assert.is(laws.length, 1, `${beginning} is not the beginning of one law`)
    try {
      await laws[0]?.[1]()
    } catch (error) {
      return error
    }
  }
  return undefined
}

test('passes an intact broker, all laws side by side', async () => {
  await Promise.all([...lawsFor({}, features).values()].map((prove) => prove()))
})

let failures: ReadonlyMap<string, readonly Promise<unknown>[]> | undefined

/** Breaking a law takes as long as patience lasts, so all are judged at a time, one after the other begun. */
function judge() {
  return new Map(
    Object.entries(shelfFaults).map(([description, [faults, laws]], index) => [
      description,
      laws.map(async (law) => sleep(100 * index).then(() => failureOf(faults, law))),
    ]),
  )
}

for (const [description, [, laws]] of Object.entries(shelfFaults)) {
  test(`notices a broker that ${description}`, async () => {
    failures ??= judge()
    for (const [place, failure] of (failures.get(description) ?? []).entries())
      assert.instance(await failure, Error, `${laws[place]} has noticed nothing`)
  })
}

test.run()
