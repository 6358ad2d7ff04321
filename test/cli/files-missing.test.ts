// time limit: 120 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { tomodachi } from './command.ts'
import { linked, removeUserFolders, userFolder } from './user-folder.ts'

const missing = suite('cli without a file')
missing.after(removeUserFolders)

/** Whoever runs it finds out. */
const bomb = `\nprocess.stdout.write('it was run')\n`
const instance = `import { Service } from 'tomodachi'${bomb}export default new Service({ name: 'orders' })`

async function sentenceIn(texts: Readonly<Record<string, string>>, words = 'run'): Promise<string> {
  const { code, stdout, stderr } = await tomodachi(words, { cwd: userFolder(texts, linked) })
  assert.equal([code, stdout], [2, ''], stderr)
  return stderr.replace(/^tomodachi: (.*)\n$/, '$1')
}

const one = (file: string) => `run needs a file; try "tomodachi run ${file}", which exports a service`
const none = `run needs a file; no file here exports a service; write "export default new Service({ name: 'orders' }).on(…)" into service.ts, then "tomodachi run service.ts"`

missing('the file in the folder that exports a service is named, and no file is run', async () => {
  const others = {
    'config.ts': `export const port = 9700${bomb}`,
    'src/types.ts': `import type { Service } from 'tomodachi'\nexport type Orders = Service${bomb}`,
  }
  for (const [file, text] of [
    ['service.ts', instance],
    ['src/service.ts', instance],
    ['src/orders/index.mts', instance.replaceAll("'", '"')],
    ['app.js', `const { Service } = require('tomodachi')${bomb}module.exports = new Service()`],
    ['app.cjs', `const { Service } = require("tomodachi")${bomb}exports.orders = new Service()`],
    ['index.ts', `import { on, Service } from 'tomodachi'${bomb}export class Orders extends Service {}`],
    ['index.mjs', `import * as t from 'tomodachi'${bomb}export const orders = new t.Service()`],
    ['index.tsx', `import { Service as S, topic } from 'tomodachi'${bomb}const s = new S()\nexport { s }`],
    [
      'main.ts',
      `import {\n  Service,\n  topic,\n} from 'tomodachi'${bomb}const s = new Service()\nexport default s`,
    ],
  ] as const) {
    assert.is(await sentenceIn({ ...others, [file]: text }), one(file))
  }
})

missing('a file that package.json names as main is found where nobody would look', async () => {
  const manifest = '{ "main": "./dist/service" }'
  const built = { 'package.json': manifest, 'dist/service.js': instance, 'dist/other.js': instance }
  assert.is(await sentenceIn(built), one('dist/service.js'))
  assert.is(await sentenceIn({ ...built, 'src/service.ts': instance }), one('src/service.ts'))
})

missing('of several, the likeliest comes first, and some are named', async () => {
  const texts = Object.fromEntries(
    ['src/a.ts', 'src/b.ts', 'src/service.ts', 'zebra.ts', 'my service.ts'].map((file) => [file, instance]),
  )
  assert.is(
    await sentenceIn(texts),
    `run needs a file; these files export services: my service.ts, zebra.ts, src/service.ts and 2 more; try "tomodachi run 'my service.ts'"`,
  )
})

missing('what does not export a service, runs itself or is a test is no hint', async () => {
  const file = {
    'runs.ts': `import { run, Service } from 'tomodachi'\nexport const s = new Service()\nawait run(s)`,
    'inside.ts': `import { Service } from 'tomodachi'\nnew Service()`,
    'foreign.ts': `import { Service } from 'other'\nexport default new Service()`,
    'comment.ts': `// import { Service } from 'tomodachi'\n/**\n * export default new Service()\n */`,
    'orders.test.ts': instance,
    'test/orders.ts': instance,
    'node_modules/other/service.js': instance,
    'notes.md': instance,
    'package.json': '{ "main": 7',
  }
  assert.is(await sentenceIn(file), none)
  assert.is(await sentenceIn({}), none)
})

missing(
  'dlq names it too; a file without its queue is told apart from a queue without its file',
  async () => {
    const texts = { 'src/service.ts': instance }
    for (const [words, sentence] of [
      ['dlq ls', 'dlq ls needs a file; try "tomodachi dlq ls src/service.ts", which exports a service'],
      [
        'dlq redrive bills.dead',
        'dlq redrive needs a file and a queue; try "tomodachi dlq redrive src/service.ts bills.dead", which exports a service',
      ],
      [
        'dlq show src/service.ts',
        'dlq show needs a file and a queue; "tomodachi dlq ls src/service.ts" shows the queues',
      ],
    ] as const) {
      assert.is(await sentenceIn(texts, words), sentence)
    }
  },
)

missing('a folder: a file in it is named', async () => {
  const cwd = userFolder({ 'src/service.ts': instance, 'docs/readme.md': '' }, linked)
  for (const [words, sentence] of [
    ['run src', 'cannot run src: it is a folder; name a file in it, such as src/service.ts'],
    ['run .', 'cannot run .: it is a folder; name a file in it, such as src/service.ts'],
    ['run docs', 'cannot run docs: it is a folder; name a file in it'],
  ] as const) {
    const { code, stdout, stderr } = await tomodachi(words, { cwd })
    assert.equal([code, stdout, stderr], [1, '', `tomodachi: ${sentence}\n`])
  }
})

missing.run()
