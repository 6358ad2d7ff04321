import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** A test file, with what its first lines ask of the runner. */
export interface TestFile {
  /** Absolute. */
  path: string
  /** As shown: relative to the folder that was searched. */
  name: string
  /** From `// time limit: 120 s`; 60 seconds unless the file asks for another. */
  timeLimitSeconds: number
  /** From `// node: 24 only`: left out when the tests run on another Node than the project's own. */
  ownNodeOnly: boolean
  /**
   * False from `// coverage: none`: for what computes for long, and reaches nothing that others do not. Collecting
   * makes it slower.
   */
  isCovered: boolean
  /** From `// syntax: decorators`: what Node does not take away by itself is compiled. */
  isCompiled: boolean
  /** From `// needs: rabbitmq` and `// needs: redis`: the brokers that have to run, whose URLs the file finds in `AMQP_URL` and `REDIS_URL`. */
  needs: readonly string[]
}

const DEFAULT_TIME_LIMIT_SECONDS = 60
const HEADER_LINES = 5
const SEPARATE_RUNS = new Set(['bench', 'chaos', 'fixtures', 'node_modules'])

/**
 * The `*.test.ts` files under a folder, in order of their names.
 *
 * @param filters a file is kept when its name contains one of these; without any, all are kept
 */
export function findTestFiles(root: string, filters: readonly string[]): TestFile[] {
  return walk(root)
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => describeFile(root, path))
    .filter(({ name }) => filters.length === 0 || filters.some((filter) => matches(name, filter)))
    .sort((one, other) => one.name.localeCompare(other.name))
}

function matches(name: string, filter: string): boolean {
  return `test/${name}`.includes(filter.replace(/^\.\//, ''))
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return [path]
    return SEPARATE_RUNS.has(entry.name) ? [] : walk(path)
  })
}

function describeFile(root: string, path: string): TestFile {
  const header = readFileSync(path, 'utf8').split('\n', HEADER_LINES).join('\n')
  const limit = /^\/\/ time limit: (\d+) s$/m.exec(header)?.[1]
  return {
    path,
    name: relative(root, path).replaceAll('\\', '/'),
    timeLimitSeconds: limit === undefined ? DEFAULT_TIME_LIMIT_SECONDS : Number(limit),
    ownNodeOnly: /^\/\/ node: 24 only$/m.test(header),
    isCovered: !/^\/\/ coverage: none$/m.test(header),
    isCompiled: /^\/\/ syntax: decorators$/m.test(header),
    needs: /^\/\/ needs: (.+)$/m.exec(header)?.[1]?.split(', ') ?? [],
  }
}
