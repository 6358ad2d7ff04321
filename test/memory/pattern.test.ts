// node: 24 only
// coverage: none
import * as fc from 'fast-check'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

configureLogging({ logger: 'disabled' })

const test = suite('topic patterns of the memory bus')

/** Which of the topics reach a handler of the pattern. */
async function received(pattern: string, topics: readonly string[]): Promise<string[]> {
  const bus = memory()
  const seen: string[] = []
  const service = new Service().on(bus.topic(pattern, { queue: 'q' }), ({ topic }) => void seen.push(topic))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  for (const topic of topics) await bus.publish(topic, null)
  for (let turns = 0; bus.count('q') > 0 && turns < 100; turns++) await new Promise(setImmediate)
  await kernel.stop()
  return seen
}

const table: Readonly<Record<string, { readonly yes: readonly string[]; readonly no: readonly string[] }>> = {
  'a.b': { yes: ['a.b'], no: ['a', 'a.b.c', 'a.bb', 'A.b'] },
  'a.*': { yes: ['a.b', 'a.c'], no: ['a', 'a.b.c', 'b.a'] },
  'a.*.c': { yes: ['a.b.c', 'a.c.c'], no: ['a.c', 'a.b.b.c', 'a.b.d'] },
  '*.*': { yes: ['a.b'], no: ['a', 'a.b.c'] },
  '*': { yes: ['a', 'order created'], no: ['a.b'] },
  'a.#': { yes: ['a', 'a.b', 'a.b.c'], no: ['b', 'ab', 'b.a'] },
  '#': { yes: ['a', 'a.b', 'a.b.c'], no: [] },
  '#.x': { yes: ['x', 'a.x', 'a.b.x', 'x.x'], no: ['a', 'x.a'] },
  'a.#.b.#': { yes: ['a.b', 'a.x.b', 'a.b.x', 'a.x.y.b.z', 'a.b.b'], no: ['a', 'b', 'a.x', 'x.a.b'] },
  '#.#': { yes: ['a', 'a.b'], no: [] },
  '#.*': { yes: ['a', 'a.b'], no: [] },
  '*.#.*': { yes: ['a.b', 'a.b.c'], no: ['a'] },
  'a.#.#.b': { yes: ['a.b', 'a.x.b', 'a.x.y.b'], no: ['a', 'b'] },
  'a.?': { yes: ['a.?'], no: ['a.b'] },
  'a.(b|c)+': { yes: ['a.(b|c)+'], no: ['a.b'] },
}

for (const [pattern, { yes, no }] of Object.entries(table)) {
  test(`${pattern} is given ${yes.join(', ')}`, async () => {
    assert.equal(await received(pattern, [...yes, ...no]), yes)
  })
}

for (const pattern of ['', 'a*', 'a.b#', '#b.c', '**', 'a.*b.c']) {
  test(`the pattern "${pattern}" is invalid`, () => {
    assert.throws(
      () => memory().topic(pattern),
      (error: { code: string; message: string }) =>
        error.code === 'PATTERN_INVALID' && error.message.includes(`"${pattern}"`),
    )
  })
}

test('nothing can be published to a pattern', async () => {
  for (const name of ['a.*', '#', 'a.#.b', '*']) {
    const error: unknown = await memory()
      .publish(name, 1)
      .catch((reason) => reason)
    assert.is((error as { code?: string } | undefined)?.code, 'TOPIC_WITH_WILDCARD')
  }
})

/** The rule as its one sentence says it, without a thought of speed. */
function expected([first, ...pattern]: readonly string[], topic: readonly string[]): boolean {
  if (first === undefined) return topic.length === 0
  if (first === '#')
    return topic.some((_, index) => expected(pattern, topic.slice(index))) || expected(pattern, [])
  return topic.length > 0 && (first === '*' || first === topic[0]) && expected(pattern, topic.slice(1))
}

test('any pattern is given what the rule says', async () => {
  const words = (...word: string[]) => fc.array(fc.constantFrom(...word), { minLength: 1, maxLength: 5 })
  const topics = fc.uniqueArray(words('a', 'b'), { selector: (topic) => topic.join('.'), maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(words('a', 'b', '*', '#'), topics, async (pattern, published) => {
      const matching = published.filter((topic) => expected(pattern, topic))
      const got = await received(
        pattern.join('.'),
        published.map((topic) => topic.join('.')),
      )
      assert.equal(
        got,
        matching.map((topic) => topic.join('.')),
      )
    }),
    { numRuns: 500 },
  )
})

test('a pattern of many # is matched before the time limit', async () => {
  // Tried one way after the other, this would take longer than anybody waits.
  const pattern = Array.from({ length: 12 }, () => '#.a').join('.')
  const topic = Array.from({ length: 40 }, () => 'a').join('.')
  assert.equal(await received(`${pattern}.b`, [topic]), [])
})

test.run()
