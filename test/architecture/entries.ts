import type { SourceFile } from './sources.ts'

const ALLOWED_ENTRIES = new Set([
  ...['kernel', 'adapters', 'envelopes', 'statecharts', 'examples', 'test'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'biome.json'],
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE'],
])

// Put together from pieces, so that this file does not find itself.
const MACHINE_FOLDERS = ['work', 'tmp', 'home', 'root', 'Users'].map((name) => `(?<![\\w.\\-)}*])/${name}/`)
const MACHINE_NAMES = [['registry', 'npmjs', 'org'].join('.'), ['Cla', 'ude'].join('')]
const MACHINE_PATTERN = new RegExp([...MACHINE_FOLDERS, ...MACHINE_NAMES].join('|'))

/** What must not stand in the root of the project. Names that start with a dot belong to tools. */
export function entryFaults(names: readonly string[]): string[] {
  return names
    .filter((name) => !name.startsWith('.') && !ALLOWED_ENTRIES.has(name))
    .map((name) => `${name} is in the root`)
}

/** The lines of a file that only make sense on the machine where they were written. */
export function machineFaults({ path, text }: SourceFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const found = MACHINE_PATTERN.exec(line)
    return found === null ? [] : [`${path}:${index + 1} mentions ${found[0]}`]
  })
}

/** Entries of the lock file that say which registry they were fetched from. */
export function lockFaults({ path, text }: SourceFile): string[] {
  const { packages } = JSON.parse(text) as { packages: Record<string, { resolved?: string }> }
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved !== undefined)
    .map(([name]) => `${path} says where ${name} came from`)
}
