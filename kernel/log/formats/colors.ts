import { WriteStream } from 'node:tty'

/**
 * Whether to write colours to the stream. FORCE_COLOR decides if it is set and not empty. Otherwise a terminal gets
 * colours, unless NO_COLOR (https://no-color.org) or NODE_DISABLE_COLORS is not empty, TERM is `dumb`, or CI is set
 * by a service whose logs show none.
 */
export function wantsColors(stream: { readonly isTTY?: boolean }): boolean {
  const { FORCE_COLOR, ...others } = process.env
  if (!FORCE_COLOR && stream.isTTY !== true) return false
  // FORCE_COLOR works without a terminal too. With both variables node would warn once per process.
  const environment = FORCE_COLOR ? { FORCE_COLOR } : withoutEmpty(others)
  return WriteStream.prototype.getColorDepth(environment) > 1
}

/** Node 22 treats an empty variable as if it were set. */
function withoutEmpty(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
}
