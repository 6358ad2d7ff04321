// time limit: 120 s
// node: 24 only
// coverage: none
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROOT } from '../architecture/sources.ts'
import { blocks } from './document.ts'

const test = suite('readme: code')

/** What stands before a fragment in the reader's mind, by the heading that the fragment is below. */
const before: Readonly<Record<string, string>> = {
  RabbitMQ: `import { Service, topic } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { z } from 'zod'
const service = new Service()
const bus = amqp()
const Item = z.object({ item: z.string() })
const Price = z.object({ amount: z.number() })
declare function amountOf(item: z.infer<typeof Item>): number`,
  Schedule: `import { Service } from 'tomodachi'
import { schedule } from 'tomodachi/schedule'
const service = new Service()
declare function report(firedAt: Date): void
declare function cleanUp(): void`,
  Websocket: `import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
const service = new Service()
const api = http()`,
  'SNS+SQS': `import { Service } from 'tomodachi'
import { snsSqs } from 'tomodachi/sns-sqs'
const service = new Service()
declare function bill(data: unknown): void
declare function book(account: string | undefined, data: unknown): void
declare function load(data: unknown): void`,
  'Writing an adapter': `import type { ConformanceOptions } from 'tomodachi/conformance'
declare const myWorld: ConformanceOptions['create']
declare const test: ConformanceOptions['test']`,
}

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

/** What the compiler says of the programs, each a module of its own. */
function faultsIn(programs: readonly string[]): string[] {
  // Within the package, so that they find it by its name.
  const folder = mkdtempSync(join(ROOT, 'test', 'fixtures', 'readme-'))
  try {
    for (const [index, program] of programs.entries()) writeFileSync(join(folder, `${index}.ts`), program)
    const compilerOptions = { noEmit: true, rootDir: '../../..', moduleDetection: 'force' }
    const configuration = { extends: '../../../tsconfig.json', compilerOptions, include: ['.'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
    })
    return stdout.split('\n').filter((line) => line.includes('error'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the code of the README is right, to its types', () => {
  const fragments = blocks().filter(({ language }) => /^(ts|js)$/.test(language))
  assert.ok(fragments.length >= 6, `${fragments.length} fragments`)
  assert.equal(
    fragments.filter(({ language }) => language === 'js').map(({ heading }) => heading),
    [],
    'TypeScript is what the compiler judges',
  )
  const programs = fragments.map(({ heading, code }) => `${before[heading] ?? ''}\n${code}`)
  const wrong = `import { http } from 'tomodachi/http'\nhttp({ prot: 9700 })`
  const [fault, ...others] = faultsIn([wrong, ...programs])
  assert.match(fault ?? '', /'prot' does not exist/)
  assert.equal(others, [])
})

test.run()
