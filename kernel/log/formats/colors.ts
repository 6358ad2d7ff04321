import { WriteStream } from 'node:tty'

/**
 * Whether to write colours to the stream, the log's or the command's: FORCE_COLOR decides when it is set and not empty,
 * else a terminal has them unless node knows better: NO_COLOR (https://no-color.org) or NODE_DISABLE_COLORS is not empty,
 * TERM is `dumb`, or CI is set by a service whose logs show none.
 */
export function wantsColors(stream: { readonly isTTY?: boolean }): boolean {
  const { FORCE_COLOR, ...others } = process.env
  if (!FORCE_COLOR && stream.isTTY !== true) return false
  // Asked for without a terminal too; with both variables node would warn, once for each process.
  const environment = FORCE_COLOR ? { FORCE_COLOR } : withoutEmpty(others)
  return WriteStream.prototype.getColorDepth(environment) > 1
}

/** Node 22 takes a variable that is empty for one that is set. */
function withoutEmpty(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
}
