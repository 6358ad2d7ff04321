import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const missing = suite<{ folder: string }>('formats without their package', { folder: '' })

missing.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'envelopes-'))
  const built = fileURLToPath(new URL('.', import.meta.resolve('tomodachi/envelopes')))
  cpSync(built, join(context.folder, 'envelopes'), { recursive: true })
  cpSync(join(built, '../../package.json'), join(context.folder, 'package.json'))
})

missing.after(({ folder }) => rmSync(folder, { recursive: true, force: true }))

missing('making one says what to install, with a code; the others need nothing', async ({ folder }) => {
  const { jsonBase, raw, protobufBase, cloudEvents } = (await import(
    pathToFileURL(join(folder, 'envelopes/index.js')).href
  )) as typeof import('tomodachi/envelopes')
  assert.is(jsonBase().parse(jsonBase().build(1, 't', { name: '', uuid: '' }) as string, {}).data, 1)
  assert.is(raw().build('x', 't', { name: '', uuid: '' }), 'x')
  for (const [make, name, format] of [
    [() => protobufBase({ message: 'P', proto: 'message P {}' }), 'protobufjs', 'protobufBase'],
    [() => cloudEvents(), 'cloudevents', 'cloudEvents'],
  ] as const) {
    assert.throws(make, (error: Error & { readonly code?: string }) => {
      assert.is(error.code, 'PACKAGE_MISSING')
      const sentence = `${format}() needs the package ${name}; install it with "npm install ${name}"`
      assert.is(error.message, sentence)
      return true
    })
  }
})

missing.run()
