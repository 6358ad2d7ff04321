/**
 * Path and query of a request target (RFC 9112, section 3.2): the origin form as it is, the absolute form without scheme and
 * authority. `undefined` for the other forms (`*`, an authority) and for anything else.
 */
export function originForm(target: string): string | undefined {
  if (target.charCodeAt(0) === slash) return target
  const authority = /^https?:\/\/[^/?#]+/i.exec(target)
  if (authority === null) return undefined
  const rest = target.slice(authority[0].length)
  return rest.charCodeAt(0) === slash ? rest : `/${rest}`
}

const slash = 47

/** The whole path of an origin-form target, percent-decoded; `undefined` when its percent-encoding is malformed. */
export function decodedPath(target: string): string | undefined {
  const path = target.slice(0, pathEnd(target))
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/**
 * A target as the router reads it. Encoded and plain characters are one path, so that a route and its guard have only one
 * spelling. find-my-way leaves these delimiters encoded in literal text; `/`, `?`, `#` and `%` have to stay encoded.
 */
export function routedTarget(target: string): string {
  if (!target.includes('%')) return target
  const end = pathEnd(target)
  return target.slice(0, end).replace(/%(?:2[46BC]|3[ABD]|40)/gi, decodeURIComponent) + target.slice(end)
}

/** Whether the path of a target has an encoded `/` or `\`, so that its segments can be read in two ways. */
export function hasEncodedSeparator(target: string): boolean {
  return target.includes('%') && /%(?:2f|5c)/i.test(target.slice(0, pathEnd(target)))
}

function pathEnd(target: string): number {
  const end = target.search(/[?#]/)
  return end === -1 ? target.length : end
}
