// time limit: 240 s
// node: 24 only
// coverage: none
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { draw, lifecycle } from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DECORATED, DRAWING, program, SERVICE } from './pack/programs.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error']

const pack = suite('packed package', { folder: '', packages: [''], megabytes: 0 })

/** Everything that is installed, below `folder`. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
}

/** Megabytes on the disk, as `du -sm` counts them: whole blocks, and a file with two names once. */
function megabytesOf(folder: string): number {
  const blocks = new Map(filesIn(folder).map((path) => [lstatSync(path).ino, lstatSync(path).blocks]))
  return ([...blocks.values()].reduce((sum, count) => sum + count, 0) * 512) / 2 ** 20
}

function npm(folder: string, ...parameters: string[]): string {
  return execFileSync('npm', parameters, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
}

/** Of a package as this project has it, which the cache of npm has too. */
function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version
}

pack.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'packed-'))
  // The tests have built what is packed here; its own build would pull the files from under tests beside this one.
  npm(ROOT, 'pack', '--ignore-scripts', '--loglevel', 'error', '--pack-destination', context.folder)
  const [tarball = ''] = readdirSync(context.folder)
  writeFileSync(join(context.folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  writeFileSync(join(context.folder, 'service.ts'), SERVICE)
  npm(context.folder, ...INSTALL, `./${tarball}`)
  const modules = join(context.folder, 'node_modules')
  context.packages = readdirSync(modules)
  context.megabytes = megabytesOf(modules)
  // As npm would install them, with what they need.
  for (const name of ['@types/node', 'undici-types'])
    cpSync(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true })
})

pack.after(({ folder }) => rmSync(folder, { recursive: true, force: true }))

pack('holds what is built, documents and examples, and no source or test', ({ folder }) => {
  const installed = join(folder, 'node_modules/tomodachi')
  const rooms = ['adapters', 'envelopes', 'examples', 'kernel', 'statecharts']
  const files = ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json']
  assert.equal(readdirSync(installed).sort(), [...files, ...rooms].sort())
  for (const room of rooms.filter((name) => name !== 'examples')) {
    const entries = readdirSync(join(installed, room), { recursive: true, withFileTypes: true })
    const others = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    assert.equal(others, [], room)
  }
})

pack('has every file that its exports name', ({ folder }) => {
  const installed = join(folder, 'node_modules/tomodachi')
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const targets = Object.values<string | Record<string, string>>(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  )
  assert.ok(targets.length > 1)
  for (const target of targets) assert.ok(existsSync(join(installed, target)), target)
})

for (const [compiler, exacts] of [
  ['typescript', [true, false]],
  // The compiler before the one that is written in Go: slow, and of the same rules.
  ['typescript-api', [false]],
] as const)
  for (const exact of exacts) {
    const name = `TypeScript ${versionOf(compiler)}, exactOptionalPropertyTypes ${exact}`
    pack(`needs nothing but @types/node for its types to be checked whole: ${name}`, ({ folder }) => {
      const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
      const entries = Object.keys(exports)
        .filter((entry) => entry !== './package.json')
        .map((entry) => entry.replace('.', 'tomodachi'))
      assert.ok(entries.length >= 12)
      const compilerOptions = {
        target: 'es2022',
        module: 'nodenext',
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        exactOptionalPropertyTypes: exact,
        // Servers have no DOM; yet by default it is there.
        ...(exact && { lib: ['es2022'] }),
      }
      writeFileSync(join(folder, 'entries.ts'), program(entries))
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['entries.ts'] }))
      const tsc = join(ROOT, 'node_modules', compiler, 'bin/tsc')
      const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
      assert.is(status, 0, stdout)
    })
  }

pack('installs below 20 MB, without what draws, validates or compiles', ({ packages, megabytes }) => {
  const unneeded = ['beautiful-mermaid', 'elkjs', 'zod', 'tsx', 'esbuild', '@esbuild', 'typescript', '@types']
  assert.equal(
    unneeded.filter((name) => packages.includes(name)),
    [],
  )
  assert.ok(megabytes < 20, `${megabytes.toFixed(1)} MB`)
})

pack('has no source map, and no file that names one', ({ folder }) => {
  const files = filesIn(join(folder, 'node_modules/tomodachi')).filter((path) => lstatSync(path).isFile())
  assert.ok(files.length > 100)
  for (const file of files) {
    assert.not.match(file, /\.map$/)
    assert.not.match(readFileSync(file, 'utf8'), /^\/\/# sourceMappingURL/m, file)
  }
})

pack('draws our own machines without the renderer, and says what to install for others', ({ folder }) => {
  for (const format of ['ascii', 'svg', 'mermaid', 'json'] as const) {
    const command = join(folder, 'node_modules/.bin/tomodachi')
    const chart = execFileSync(command, ['chart', '--format', format], { encoding: 'utf8' })
    assert.is(chart, draw(lifecycle, { format }))
  }
  const { lengths, failure } = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', DRAWING], { cwd: folder, encoding: 'utf8' }),
  )
  for (const length of lengths) assert.ok(length > 0)
  assert.is(failure.code, 'PACKAGE_MISSING')
  assert.match(failure.message, /"npm install beautiful-mermaid"/)
  // Without source maps, frames name the file and the line that is installed.
  assert.match(failure.stack, /tomodachi\/dist\/statecharts\/renderer\.js:\d+:\d+/)
})

pack('says what to install for a class with a decorator', ({ folder }) => {
  writeFileSync(join(folder, 'decorated.ts'), DECORATED)
  const { status, stderr } = spawnSync('npx', ['--no-install', 'tomodachi', 'run', 'decorated.ts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const sentence = 'decorated.ts:5 has a decorator; run "npm install --save-dev tsx"'
  assert.is(stderr, `tomodachi: cannot load decorated.ts without the package tsx: ${sentence}\n`)
  assert.is(status, 1)
})

pack('runs a TypeScript service with the packed command, and stops with exit code 0', async ({ folder }) => {
  const command = spawn('npx', ['--no-install', 'tomodachi', 'run', 'service.ts'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(command, 'close')
  let output = ''
  command.stderr.on('data', (chunk) => {
    output += chunk
  })
  const ready = (async () => {
    for await (const line of createInterface(command.stdout)) {
      output += `${line}\n`
      const started = /^ready (.*)$/.exec(line)?.[1]
      if (started !== undefined) return JSON.parse(started) as { url: string; pid: number }
    }
    throw new Error(`ended before it was ready: ${output}`)
  })()
  const { url, pid } = await ready
  command.stdout.resume()
  const response = await fetch(new URL('/hello/you', url))
  assert.is(response.status, 200)
  assert.is(await response.text(), 'hello you')
  // To the service itself: the shell that npx puts between would die of the signal, whatever the service does.
  process.kill(pid, 'SIGINT')
  const [exitCode] = await ended
  assert.is(exitCode, 0, output)
})

pack.run()
