import type { Schema } from 'tomodachi'
import { checked, validate } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { failureOf } from './started.ts'

const schemas = suite('schemas')
const Numbers = z.array(z.object({ price: z.number() }))

/** A schema with these issues, whatever it is given. */
function failing(
  issues: readonly { message: string; path?: readonly PropertyKey[] }[],
): Schema<unknown, unknown> {
  return { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } }
}

async function issuesOf(schema: Schema<unknown, unknown>, value?: unknown) {
  const result = await validate(schema, value)
  if ('value' in result) throw new Error('it should not fit')
  return result
}

schemas('what fits becomes what the schema makes of it', async () => {
  assert.equal(await validate(Numbers, [{ price: 1, more: 2 }]), { value: [{ price: 1 }] })
  assert.equal(await validate(Numbers.optional(), undefined), { value: undefined })
})

schemas('up to 20 issues are listed, all of them in one sentence', async () => {
  const { issues, omitted } = await issuesOf(Numbers, Array(20).fill({}))
  assert.equal([issues.length, omitted], [20, 0])
  assert.is(issues[19]?.field, '19.price')
  const { message } = await failureOf((async () => checked(Numbers, [{}, {}], 'the message'))())
  assert.match(message, /^the message does not fit its schema: 0\.price: [^;]+; 1\.price: [^;]+$/)
})

schemas('of more, the first 20 are listed and the others counted', async () => {
  const wrong = Array(1_000).fill({})
  const { issues, omitted } = await issuesOf(Numbers, wrong)
  assert.equal([issues.length, omitted], [20, 980])
  for (const schema of [Numbers, Numbers.refine(async () => true)]) {
    const failure = await failureOf((async () => checked(schema, wrong, 'the message'))())
    assert.match(failure.message, /; 19\.price: [^;]+; and 980 more$/)
  }
})

schemas('nothing is read of the issues that are not listed', async () => {
  let read = 0
  const issue = {
    message: 'wrong',
    get path() {
      read++
      return ['a']
    },
  }
  assert.is((await issuesOf(failing(Array(100_000).fill(issue)))).omitted, 99_980)
  assert.is(read, 20)
})

schemas('long messages, long names and deep paths are cut', async () => {
  const long = 'x'.repeat(1_000_000)
  const issues = [
    { message: long },
    { message: 'm', path: [long, long] },
    { message: 'm', path: Array(1_000_000).fill('a') },
    { message: 'm', path: [Symbol(long)] },
  ]
  const failure = await failureOf((async () => checked(failing(issues), 1, 'the message'))())
  assert.ok(failure.message.length < 2_000, String(failure.message.length))
  assert.match(failure.message, 'x…')
  const strict = z.strictObject({})
  const [unknown] = (await issuesOf(strict, { [long]: 1 })).issues
  assert.ok(JSON.stringify(unknown).length < 500)
})

schemas.run()
