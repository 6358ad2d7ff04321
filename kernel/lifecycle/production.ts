const off = new Set(['', '0', 'no', 'none', 'false'])

/**
 * Whether the process runs in production: by the variable `TOMODACHI_PRODUCTION`, which the flag `--production` sets too.
 * 0, no, none and false say that it does not.
 */
export function isProduction(): boolean {
  return !off.has(process.env.TOMODACHI_PRODUCTION?.trim().toLowerCase() ?? '')
}
