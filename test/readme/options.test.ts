// time limit: 120 s
// node: 24 only
// coverage: none
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesUnder } from '../architecture/sources.ts'
import { codedDefaults, constantIn, plain } from './defaults.ts'
import { codeIn, documentAt, documents, rowsBelow } from './document.ts'
import { generated } from './generated.ts'
import { listedIn } from './option-table.ts'
import { type Option, optionsOf, optionTypes } from './option-types.ts'

const test = suite('readme: options')

const listed = [...new Set(documents.flatMap(({ text }) => listedIn(text)))]
const sources = ['kernel', 'adapters', 'envelopes', 'statecharts'].flatMap(filesUnder)

test('tables of options and errors are what npm run docs makes of the code', async () => {
  assert.ok(listed.length > 20, `${listed.length} tables of options`)
  for (const { path, text } of documents) {
    assert.is(await generated(text), text, `${path}: run npm run docs`)
  }
  assert.match(documentAt('kernel/guides/errors.md').text, /(\| `[A-Z_]+` .*\n){80}/)
})

/** An option, wherever it is listed: its own name, and the file that declares it. */
const identity = ({ name, source }: Option) => `${name.split('.').at(-1)} in ${source}`

test('every option that users can give is in a table', () => {
  const known = new Set(listed.flatMap(optionsOf).map(identity))
  const missing = optionTypes().flatMap((reference) =>
    optionsOf(reference)
      .filter((option) => !known.has(identity(option)))
      .map(({ name }) => `${name} of ${reference}`),
  )
  assert.equal(missing, [])
})

/** What the code has an option default to, where that is a constant; else nothing. */
function codedDefaultsOf({ name, source }: Option): string[] {
  const files = sources.filter(({ path }) => path === source)
  return files.flatMap((file) => [...(codedDefaults(file).get(name.split('.').at(-1) as string) ?? [])])
}

test('a default in a doc comment is the one of the code', () => {
  let compared = 0
  for (const reference of listed) {
    for (const option of optionsOf(reference)) {
      const value = constantIn(option.default)
      const coded = codedDefaultsOf(option)
      // No default is not written in the code.
      if (value === undefined || value === 'none' || coded.length === 0) continue
      assert.ok(coded.includes(value), `${option.name} of ${reference}: ${value}, in the code ${coded}`)
      compared++
    }
  }
  assert.ok(compared > 50, `${compared} defaults of the code`)
})

const fixture: Record<string, unknown> = JSON.parse(
  readFileSync(new URL('../fixtures/options_defaults.json', import.meta.url), 'utf8'),
)
const rows = rowsBelow(documentAt('kernel/guides/from-python.md'), 'Options of the Python library')

test('every option of the Python library has its row, with its default', () => {
  const theirs = rows.map(([key = '', value = '']) => [codeIn(key)[0], plain(codeIn(value)[0])])
  assert.equal(
    theirs,
    Object.entries(fixture).map(([key, value]) => [key, plain(value)]),
  )
})

/** The types behind the names in the table of the Python library's options. */
const types: Readonly<Record<string, string>> = {
  Service: 'ServiceOptions of tomodachi',
  http: 'HttpOptions of tomodachi/http',
  snsSqs: 'SnsSqsOptions of tomodachi/sns-sqs',
  amqp: 'AmqpOptions of tomodachi/amqp',
}

test('each row names our option with its default, and why where that is not the same', () => {
  for (const [key = '', theirs = '', ours = '', cell = '', reason = ''] of rows) {
    const [adapter = '', name] = codeIn(ours)
    if (name === undefined) {
      assert.is(ours, 'none', key)
      assert.is.not(reason, '', `${key}: why is it not there?`)
      continue
    }
    const value = plain(codeIn(cell)[0])
    if (value !== plain(codeIn(theirs)[0])) assert.is.not(reason, '', `${key}: why another default?`)
    const option = optionsOf(types[adapter] ?? '').find((one) => one.name === name)
    assert.ok(option, `${key}: ${adapter} has no option ${name}`)
    assert.is(constantIn(option.default) ?? 'none', value, key)
  }
})

test.run()
