import type { Params } from './params.ts'

/** Gives the params when a whole, decoded path matches. */
export type Expression = (path: string) => Params | undefined

/** A RegExp path, held to the whole path. The flags g and y make no sense here and are dropped. */
export function expressionOf(path: RegExp): Expression {
  const whole = new RegExp(`^(?:${path.source})$`, path.flags.replace(/[gy]/g, ''))
  return (text) => {
    const match = whole.exec(text)
    // With the m flag, ^ and $ also match at the line breaks that a decoded path can have.
    return match === null || match[0] !== text ? undefined : takenGroups(match.groups ?? {})
  }
}

function takenGroups(groups: Readonly<Record<string, string | undefined>>): Params {
  const params: Record<string, string> = Object.create(null)
  for (const name of Object.keys(groups)) {
    const value = groups[name]
    if (value !== undefined) params[name] = value
  }
  return params
}
