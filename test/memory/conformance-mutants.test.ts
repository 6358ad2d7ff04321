// time limit: 180 s
// node: 24 only
// coverage: none
// A suite that cannot fail proves nothing: every law must notice at least one fault.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging } from 'tomodachi'
import {
  type ConformanceOptions,
  conformance,
  type Features,
  printReport,
  type Report,
  type World,
} from 'tomodachi/conformance'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shelfFaults } from '../conformance/shelf-faults.ts'
import { faults, withFault } from './faults.ts'
import { Line } from './line.ts'
import { memoryWorld } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('the conformance suite')
const features: Partial<Features> = {
  messages: 200,
  patience: 1_500,
  promptness: 500,
  lease: 200,
  silence: 50,
}
/** Only a fault that is looked for has to be noticed soon. */
const patient: Partial<Features> = { ...features, patience: 10_000, promptness: 5_000 }

/** The fault that the runner, too, takes for a failure. */
const unhandled = 'drops a promise'

const betweenStarts = 150

/** Some laws tell by the time that something takes, and a process that stands still can hide a fault once. */
const tries = 3

type Laws = ReadonlyMap<string, () => Promise<void>>

/** The laws as they judge a bus. */
function lawsFor(create: () => World, demanded = features): Laws {
  const laws = new Map<string, () => Promise<void>>()
  conformance({ create, features: demanded, test: (name, body) => void laws.set(name, body) })
  return laws
}

/** A world whose buses have a fault, and a line to their broker that can be interrupted. */
const faultyWorld = (fault: Parameters<typeof withFault>[1]) =>
  Line.through(memoryWorld(), (bus) => withFault(bus, fault), fault.line)

const names = [...lawsFor(() => memoryWorld()).keys()]

function nameOf(beginning: string): string {
  const [name, ...others] = names.filter((candidate) => candidate.startsWith(beginning))
  assert.ok(name && others.length === 0, `${beginning} is not the beginning of one law`)
  return name as string
}

test('passes an intact bus, all laws side by side', async () => {
  await Promise.all([...lawsFor(() => Line.through(memoryWorld()), patient).values()].map((prove) => prove()))
})

test('passes an intact bus behind the wrapper for faults', async () => {
  await Promise.all([...lawsFor(() => faultyWorld({}), patient).values()].map((prove) => prove()))
})

/** What becomes of the laws that must notice a fault, by the description of the fault. */
type Verdicts = ReadonlyMap<string, readonly { readonly law: string; readonly failure: Promise<unknown> }[]>

/** Breaking a law takes as long as patience lasts, so many are judged at a time, one after the other begun. */
function judge(descriptions: readonly string[]): Verdicts {
  return new Map(
    descriptions.map((description, index) => [description, judgeOne(description, index * betweenStarts)]),
  )
}

function judgeOne(description: string, wait = 0) {
  const [fault, beginnings] = faults[description] as (typeof faults)[string]
  return beginnings.map((beginning) => {
    const prove = () => lawsFor(() => faultyWorld(fault())).get(nameOf(beginning))?.()
    return { law: beginning, failure: sleep(wait).then(() => firstFailure(prove)) }
  })
}

async function firstFailure(prove: () => Promise<void> | undefined): Promise<unknown> {
  for (let count = 0; count < tries; count++) {
    try {
      await prove()
    } catch (error) {
      return error
    }
  }
  return undefined
}

const sideBySide = Object.keys(faults).filter((description) => description !== unhandled)
let verdicts: Verdicts | undefined

for (const description of sideBySide) {
  test(`notices a bus that ${description}`, async () => {
    verdicts ??= judge(sideBySide)
    for (const { law, failure } of verdicts.get(description) ?? []) {
      assert.instance(await failure, Error, `${law} has noticed nothing`)
    }
  })
}

test(`notices a bus that ${unhandled}`, async () => {
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  for (const { law, failure } of judgeOne(unhandled)) {
    assert.match(String(await failure), 'the bus is closing', `${law} has noticed nothing`)
  }
  for (const listener of listeners) process.on('unhandledRejection', listener)
})

test('has no law that never fails', () => {
  const beginnings = [...Object.values(faults), ...Object.values(shelfFaults)].flatMap(([, laws]) => laws)
  const noticing = new Set(beginnings.map(nameOf))
  assert.equal(
    names.filter((name) => !noticing.has(name)),
    [],
  )
})

test('leaves a law out by name where the bus lacks an ability', () => {
  const left: string[] = []
  const registered: string[] = []
  conformance({
    create: () => memoryWorld(),
    features: { wildcards: false, ordered: false },
    test: (name) => void registered.push(name),
    skip: (name) => void left.push(name),
  })
  assert.equal(left, [
    'C11 wildcards: * is one word, # any number of them (left out: wildcards)',
    'C09 order: a consumer with concurrency 1 handles messages as they were published (left out: ordered)',
  ])
  assert.is(registered.length + left.length, names.length)
  assert.not.ok(registered.some((name) => name.includes('left out')))
})

/** The laws of the intact bus as a runner registers them, and what is reported when they have been judged. */
function reportedLaws(options: Partial<ConformanceOptions>) {
  const [laws, reports] = [new Map<string, () => Promise<void>>(), [] as Report[]]
  conformance({
    create: () => Line.through(memoryWorld()),
    test: (name, body) => void laws.set(name, body),
    skip: () => {},
    report: (report) => void reports.push(report),
    ...options,
  })
  return { laws, reports }
}

test('reports what was proved, broken and not proved, once all laws have been judged', async () => {
  const broken = nameOf('C01')
  const { laws, reports } = reportedLaws({
    create: (needs) => {
      if (needs.includes('restart')) throw new Error('this broker cannot be restarted')
      return Line.through(memoryWorld())
    },
    features: { ...patient, wildcards: false, exactAttempts: false },
  })
  const last = laws.get(broken)
  laws.delete(broken)
  await Promise.all([...laws.values()].map((prove) => prove().catch(() => {})))
  assert.equal(reports, [])
  await last?.()
  const [report] = reports
  assert.is(reports.length, 1)
  assert.equal(report?.broken, [nameOf('C65')])
  assert.equal(report?.notProved, [{ law: nameOf('C11 wildcards'), absent: ['wildcards'] }])
  assert.equal(report?.lenientWithout, ['exactAttempts'])
  assert.equal(report?.proved.length, names.length - 2)
})

test('prints what was not proved', () => {
  const lines: unknown[] = []
  const { log } = console
  console.log = (line: unknown) => void lines.push(line)
  try {
    printReport({
      proved: ['a', 'b'],
      broken: [],
      lenientWithout: ['exactlyOnce'],
      notProved: [{ law: 'C09 order: of messages', absent: ['ordered', 'crash'] }],
    })
  } finally {
    console.log = log
  }
  assert.equal(lines, [
    '2 laws proved, 0 broken, 1 not proved: C09 order (ordered, crash); others ask for less without exactlyOnce',
  ])
})

test('says what a world lacks that has not been declared', async () => {
  const laws = lawsFor(() => memoryWorld())
  const failure = async (beginning: string) =>
    laws
      .get(nameOf(beginning))?.()
      .catch((error) => error.message)
  assert.match(await failure('C63 crash of a consumer'), 'declare crash: false')
  assert.match(await failure('C51 cut'), 'declare cut: false')
})

test('says so through the runner when it has no way to skip', async () => {
  const bodies = new Map<string, () => Promise<void>>()
  conformance({
    create: () => assert.unreachable('a law that is left out makes no world') as never,
    features: { delay: false },
    test: (name, body) => void bodies.set(name, body),
  })
  assert.is(bodies.size, names.length)
  const [name] = [...bodies.keys()].filter((candidate) => candidate.includes('left out'))
  assert.match(name as string, 'C21 publish delay')
  await bodies.get(name as string)?.()
})

test('asks less of a bus that promises less', async () => {
  const less = { ...features, ordered: false, exactlyOnce: false, exactAttempts: false, readAhead: 10 }
  const [repeating] = faults['publishes twice'] as (typeof faults)[string]
  const laws = lawsFor(() => faultyWorld(repeating()), less)
  const tolerant = ['C02', 'C03', 'C04', 'C13', 'C16 groups', 'C24', 'C26', 'C27']
  await Promise.all(tolerant.map((beginning) => laws.get(nameOf(beginning))?.()))
})

test.run()
