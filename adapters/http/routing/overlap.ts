import { expression, literal, plain, type Segment, wildcard } from './pattern.ts'

/**
 * In which order trees of find-my-way must be asked, so that the earliest registration wins.
 *
 * Inside one tree find-my-way prefers, at the place where two patterns differ: literal text, then a parameter with an
 * expression, then a plain parameter, then a wildcard, whatever was registered first. So a pattern may only share a
 * tree with the earlier ones that overlap it when those would be preferred; else it goes to a tree that is asked later.
 * `level` is the place of that tree. Purely literal patterns need no entry: nothing is ever preferred to them.
 */
export class Overlaps {
  readonly #root = nodeOf({ kind: literal, prefix: '', shape: '', suffix: '' })

  add(segments: readonly Segment[], level: number): void {
    let node = this.#root
    node.highest = Math.max(node.highest, level)
    for (const segment of segments) {
      node = childOf(node, segment)
      node.highest = Math.max(node.highest, level)
    }
    node.level = level
  }

  /** Whether a single added pattern matches everything that this pattern matches. */
  covers(segments: readonly Segment[]): boolean {
    return covers(this.#root, segments, 0)
  }

  /** The lowest level at which this pattern yields to every added one that it overlaps. */
  levelOf(segments: readonly Segment[]): number {
    const search = new Search(segments)
    search.visit(this.#root, 0, 'same')
    return search.level
  }
}

interface Node {
  readonly segment: Segment
  readonly literals: Map<string, Node>
  readonly captures: Map<string, Node[]>
  longestPrefix: number
  /** The level of the pattern that ends here, and the highest of all that go through here; -1 without one. */
  level: number
  highest: number
}

/** How the way to a node relates to the pattern: they are still equal, or they differ and a tree prefers one of them. */
type Relation = 'same' | 'preferred' | 'general'

class Search {
  level = 0
  readonly #segments: readonly Segment[]
  /** Bounds the time to build a table: once it is used up, the remaining patterns count as overlapping. */
  #budget = 1_000

  constructor(segments: readonly Segment[]) {
    this.#segments = segments
  }

  /** Raises the level for what is added below this node; `depth` is the segment of the pattern that comes next. */
  visit(node: Node, depth: number, relation: Relation): void {
    if (!this.#matters(node.highest, relation)) return
    const segment = this.#segments[depth]
    if (--this.#budget < 0) this.#yieldTo(node.highest, relation)
    else if (segment === undefined) this.#yieldTo(node.level, relation)
    else {
      this.#literals(node, segment, depth, relation)
      this.#captures(node, segment, depth, relation)
    }
  }

  #literals(node: Node, own: Segment, depth: number, relation: Relation): void {
    if (own.kind === literal) {
      const child = node.literals.get(own.prefix)
      if (child !== undefined) this.visit(child, depth + 1, relation)
      return
    }
    const next = relation === 'same' ? 'preferred' : relation
    for (const child of node.literals.values()) {
      if (!this.#matters(node.highest, next)) return
      if (child.segment.prefix.startsWith(own.prefix)) this.#differ(child, own, depth, next)
    }
  }

  #captures(node: Node, own: Segment, depth: number, relation: Relation): void {
    for (const prefix of prefixesOf(node, own)) {
      for (const child of node.captures.get(prefix) ?? []) {
        const other = child.segment
        if (prefix === own.prefix && other.shape === own.shape) this.visit(child, depth + 1, relation)
        else if (relation !== 'same') this.#differ(child, own, depth, relation)
        else {
          const preferred = prefix === own.prefix && other.kind < own.kind
          this.#differ(child, own, depth, preferred ? 'preferred' : 'general')
        }
      }
    }
    if (own.kind === literal) return
    // More text in front of a capture makes it more specific.
    const next = relation === 'same' ? 'preferred' : relation
    for (const [prefix, children] of node.captures) {
      if (!this.#matters(node.highest, next)) return
      if (prefix.length <= own.prefix.length || !prefix.startsWith(own.prefix)) continue
      for (const child of children) this.#differ(child, own, depth, next)
    }
  }

  /** A child that is not the pattern's own next step, but may match the same segment. */
  #differ(child: Node, own: Segment, depth: number, relation: Relation): void {
    const other = child.segment
    if (!own.suffix.endsWith(other.suffix) && !other.suffix.endsWith(own.suffix)) return
    if (other.kind === wildcard) this.#yieldTo(child.level, relation)
    else if (own.kind === wildcard) this.#yieldTo(child.highest, relation)
    else this.visit(child, depth + 1, relation)
  }

  #matters(level: number, relation: Relation): boolean {
    return levelBehind(level, relation) > this.level
  }

  #yieldTo(level: number, relation: Relation): void {
    this.level = Math.max(this.level, levelBehind(level, relation))
  }
}

function levelBehind(level: number, relation: Relation): number {
  return level === -1 || relation === 'preferred' ? level : level + 1
}

function covers(node: Node, segments: readonly Segment[], depth: number): boolean {
  const own = segments[depth]
  if (own === undefined) return node.level !== -1
  if (own.kind === literal) {
    const child = node.literals.get(own.prefix)
    if (child !== undefined && covers(child, segments, depth + 1)) return true
  }
  for (const prefix of prefixesOf(node, own)) {
    for (const child of node.captures.get(prefix) ?? []) {
      const { kind, shape } = child.segment
      if (kind === wildcard) return true
      const isWider = kind === plain && own.kind !== wildcard
      const isSame = kind === expression && prefix === own.prefix && shape === own.shape
      if ((isWider || isSame) && covers(child, segments, depth + 1)) return true
    }
  }
  return false
}

/** The beginnings of a segment's text that may stand in front of a capture of this node. */
function* prefixesOf(node: Node, { prefix }: Segment): Iterable<string> {
  const longest = Math.min(node.longestPrefix, prefix.length)
  for (let length = 0; length <= longest; length++) yield prefix.slice(0, length)
}

function nodeOf(segment: Segment): Node {
  return { segment, literals: new Map(), captures: new Map(), longestPrefix: -1, level: -1, highest: -1 }
}

function childOf(node: Node, segment: Segment): Node {
  const { kind, prefix, shape } = segment
  if (kind === literal) {
    const child = node.literals.get(prefix) ?? nodeOf(segment)
    node.literals.set(prefix, child)
    return child
  }
  const siblings = node.captures.get(prefix) ?? []
  node.captures.set(prefix, siblings)
  node.longestPrefix = Math.max(node.longestPrefix, prefix.length)
  const known = siblings.find((sibling) => sibling.segment.shape === shape)
  if (known !== undefined) return known
  const child = nodeOf(segment)
  siblings.push(child)
  return child
}
