import { posix } from 'node:path'
import { DOORS, importsOf } from './imports.ts'
import type { SourceFile } from './sources.ts'

/** What imports what: the targets by source. */
type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** Files that import each other when they are loaded, each circle as its members in a row. */
export function fileCircles(files: readonly SourceFile[]): string[] {
  const edges = files.flatMap((file) =>
    importsOf(file)
      .filter(({ kind }) => kind === 'static')
      .map(({ target }) => [file.path, target] as const),
  )
  return circlesOf(graphOf(edges))
}

/**
 * Folders whose files import each other, types included, each circle as its members in a row. The doors of the kernel
 * stand in no folder here: they import all of it, and the command line goes through them.
 */
export function folderCircles(files: readonly SourceFile[]): string[] {
  const edges = files.flatMap((file) =>
    importsOf(file)
      .map(({ target }) => [file.path, target] as const)
      .filter((edge) => !edge.some((path) => DOORS.includes(path)))
      .map(([source, target]) => [posix.dirname(source), posix.dirname(target)] as const)
      .filter(([source, target]) => source !== target),
  )
  return circlesOf(graphOf(edges))
}

function graphOf(edges: readonly (readonly [string, string])[]): Graph {
  const graph = new Map<string, Set<string>>()
  for (const [source, target] of edges) {
    for (const node of [source, target]) if (!graph.has(node)) graph.set(node, new Set())
    graph.get(source)?.add(target)
  }
  return graph
}

/** The strongly connected components of more than one member, and members that import themselves. */
function circlesOf(graph: Graph): string[] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachedFrom(node, graph)]))
  const circles = [...graph.keys()]
    .filter((node) => reached.get(node)?.has(node))
    .map((node) =>
      [...(reached.get(node) ?? [])]
        .filter((other) => reached.get(other)?.has(node))
        .sort()
        .join(' '),
    )
  return [...new Set(circles)].sort()
}

function reachedFrom(node: string, graph: Graph): ReadonlySet<string> {
  const reached = new Set<string>()
  const waiting = [...(graph.get(node) ?? [])]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue
    reached.add(next)
    waiting.push(...(graph.get(next) ?? []))
  }
  return reached
}
