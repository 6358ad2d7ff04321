import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript-api'
import type { SourceFile } from './sources.ts'

/** What the files of one part may import. */
interface Allowance {
  /** Node's own modules: all, none, or all but those that speak to a network. */
  node: 'all' | 'none' | 'no-network'
  packages: readonly string[]
  /** Files of other parts, or all of a part when it ends in `/`; a part may always import itself. */
  files: readonly string[]
}

const NETWORK = /^node:(dgram|http|https|http2|net|tls)$/
/** For people who write services, and for people who write adapters. */
export const DOORS: readonly string[] = ['kernel/index.ts', 'kernel/adapter-kit.ts']
/** What the command needs of the kernel though nobody else outside does, so that no door has it. */
const INSIDE_FOR_THE_COMMAND = [
  // How terminals and pipes are written to, and the end of the process waits for that.
  'kernel/log/index.ts',
  // The start and the stop are logged in the same words whoever runs the services.
  'kernel/lifecycle/announcement.ts',
  // Its workers, their supervisor and what it asks at a terminal end as a kernel does.
  'kernel/lifecycle/process/signals.ts',
  // Workers ask each other through their supervisor.
  'kernel/serving/siblings.ts',
  // `dlq` connects the buses of services that it does not run.
  'kernel/lifecycle/unstarted.ts',
  // What --opentelemetry-instrument starts; loaded with that option only.
  'adapters/opentelemetry/sdk/index.ts',
  // By file: the index of the statecharts would load all machines, and how to draw them, with every supervisor.
  'statecharts/worker.ts',
]
const ENVELOPES = 'envelopes/index.ts'
const STATECHARTS = 'statecharts/index.ts'
/** The one file of the tests that looks behind the doors, and says why. */
const INSIDE_FOR_TESTS = 'test/inside.ts'
const OWN_NAME = /^tomodachi(\/[a-z-]+)?$/

/** The packages that an adapter may import, besides the types of Standard Schema. */
const ADAPTER_PACKAGES: Record<string, readonly string[]> = {
  amqp: ['rascal'],
  redis: ['redis'],
  'sns-sqs': [
    '@aws-sdk/client-s3',
    '@aws-sdk/client-sns',
    '@aws-sdk/client-sqs',
    '@aws-sdk/client-sts',
    'fauxqs',
  ],
  opentelemetry: ['@opentelemetry/api', '@opentelemetry/sdk-metrics'],
  http: ['find-my-way', 'light-my-request', '@fastify/send', 'undici'],
  schedule: ['cron-parser', 'luxon'],
  websocket: ['ws'],
}

/** What an adapter may import besides the two doors and the door of the envelopes. */
const ADAPTER_FILES: Record<string, readonly string[]> = {
  // Websockets begin as requests.
  websocket: ['adapters/http/index.ts'],
  // The names and types of their events, of what they hand to handlers.
  opentelemetry: ['adapters/http/index.ts', 'adapters/schedule/index.ts', 'adapters/websocket/index.ts'],
  // Attributes are written as the Python library writes them, to the letter; nobody else is to write so.
  'sns-sqs': ['envelopes/python-json.ts'],
}

/** The packages that wire formats may import, or load when they are used. */
const ENVELOPE_PACKAGES: readonly string[] = ['protobufjs', 'cloudevents']

/** The part of the project that a file belongs to: `kernel`, `kernel/cli`, `adapters/http`, `envelopes`, … */
export function partOf(path: string): string {
  const [folder = '', name = ''] = path.split('/')
  if (folder === 'kernel') return name === 'cli' ? 'kernel/cli' : 'kernel'
  return folder === 'adapters' ? `adapters/${name.replace(/\.ts$/, '')}` : folder
}

/** The imports of a file that the layout does not allow; each as `path imports specifier`. */
export function importFaults(file: SourceFile): string[] {
  return specifiersOf(file)
    .map(({ specifier }) => specifier)
    .filter((specifier) => !isAllowed(file.path, specifier))
    .map((specifier) => `${file.path} imports ${specifier}`)
}

function isAllowed(path: string, specifier: string): boolean {
  const part = partOf(path)
  if (part === 'examples' || part === 'test') return isAllowedOutside(path, specifier)
  const allowance = allowanceOf(part)
  if (isBuiltin(specifier)) {
    return allowance.node === 'all' || (allowance.node === 'no-network' && !NETWORK.test(specifier))
  }
  if (!specifier.startsWith('.')) {
    return allowance.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))
  }
  const target = resolve(path, specifier)
  const allowed = allowance.files.some((file) =>
    file.endsWith('/') ? target.startsWith(file) : target === file,
  )
  return allowed || partOf(target) === part
}

/** Examples and tests stand where users stand: outside, with the package's name as the only way in. */
function isAllowedOutside(path: string, specifier: string): boolean {
  const [part = ''] = path.split('/')
  if (specifier.startsWith('.')) {
    const file = resolve(path, specifier)
    if (path === INSIDE_FOR_TESTS) return file.startsWith('dist/')
    const target = partOf(file)
    return target === part || (part === 'test' && target === 'examples')
  }
  return part === 'test' || OWN_NAME.test(specifier) || isBuiltin(specifier) || specifier === 'zod'
}

function allowanceOf(part: string): Allowance {
  switch (part) {
    case 'kernel':
      return {
        node: 'no-network',
        packages: ['xstate', 'mitt', 'loglevel', 'leven', '@standard-schema/spec'],
        // By file: the index of the statecharts would load how to draw them with every service.
        files: ['envelopes/', 'statecharts/'],
      }
    case 'kernel/cli':
      return {
        node: 'all',
        packages: ['tsx', 'xstate'],
        files: [...DOORS, STATECHARTS, ...INSIDE_FOR_THE_COMMAND],
      }
    case 'envelopes':
      return { node: 'no-network', packages: ENVELOPE_PACKAGES, files: [] }
    case 'statecharts':
      return { node: 'none', packages: ['xstate', 'beautiful-mermaid'], files: [] }
    default: {
      const packages = ADAPTER_PACKAGES[part.replace('adapters/', '')] ?? []
      return {
        node: 'all',
        packages: ['@standard-schema/spec', ...packages],
        files: [...DOORS, ENVELOPES, ...(ADAPTER_FILES[part.replace('adapters/', '')] ?? [])],
      }
    }
  }
}

function resolve(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier)
}

/** One import of another file of ours. `static` imports happen when the file is loaded. */
export interface Import {
  readonly target: string
  readonly kind: 'static' | 'dynamic' | 'type'
}

/** The files of ours that a file imports, or passes on. */
export function importsOf(file: SourceFile): Import[] {
  return specifiersOf(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, kind }) => ({ target: resolve(file.path, specifier), kind }))
}

interface Specifier {
  readonly specifier: string
  readonly kind: Import['kind']
}

/** Everything that a file imports, statically, dynamically, as types, or to pass it on. */
function specifiersOf({ path, text }: SourceFile): Specifier[] {
  const found: Specifier[] = []
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== undefined && ts.isStringLiteralLike(specifier))
      found.push({ specifier: specifier.text, kind: kindOf(node) })
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext))
  return found
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return node.arguments[0]
  return undefined
}

function kindOf(node: ts.Node): Import['kind'] {
  if (ts.isCallExpression(node)) return 'dynamic'
  if (ts.isImportDeclaration(node)) return node.importClause?.isTypeOnly ? 'type' : 'static'
  return ts.isExportDeclaration(node) && !node.isTypeOnly ? 'static' : 'type'
}
