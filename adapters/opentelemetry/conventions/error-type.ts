import { nameOf, partOf } from '../../../kernel/adapter-kit.ts'

const plain = /^[\w.:$-]{1,100}$/

/**
 * `error.type` of what was thrown: the code of an error of ours or of node, else the name of its class. Anything else is
 * `_OTHER`, as values that differ each time would make a series each.
 */
export function errorTypeOf(thrown: unknown): string {
  const code = partOf(thrown, 'code')
  const type = typeof code === 'string' && code !== '' ? code : nameOf(thrown)
  return plain.test(type) ? type : '_OTHER'
}
