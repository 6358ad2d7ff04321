/**
 * A request target (RFC 9112, section 3.2) as path and query: the origin form as it is, the absolute form without
 * scheme and authority. `undefined` for the other forms (`*`, an authority) and for what is none.
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
  const end = target.search(/[?#]/)
  const path = end === -1 ? target : target.slice(0, end)
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
