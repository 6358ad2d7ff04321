import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROOT } from '../architecture/sources.ts'
import { attribute, ownAttribute } from '../inside.ts'

const test = suite('opentelemetry: tables of attributes')

const document = readFileSync(join(ROOT, 'adapters/opentelemetry/README.md'), 'utf8')

test('each attribute of the code is documented, and each documented one is in the code', () => {
  const names = [...Object.values(attribute), ...Object.values(ownAttribute)]
  assert.equal(
    names.filter((name) => !document.includes(`\`${name}\``)),
    [],
  )
  const rows = /### Attributes\n(.+?)\n### /s.exec(document)?.[1] ?? ''
  const first = rows
    .split('\n')
    .filter((row) => row.startsWith('| `'))
    .flatMap((row) => row.split('|')[1]?.match(/`[a-z]+(?:[._][a-z]+)+`/g) ?? [])
    .map((name) => name.slice(1, -1))
  const known = new Set<string>(names)
  // Values of an attribute stand beside its name.
  const values = ['aws.sns', 'aws.sqs']
  assert.ok(first.length > 30)
  assert.equal(
    first.filter((name) => !known.has(name) && !values.includes(name)),
    [],
  )
})

test.run()
