import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

/** Loaded when first used, because intervals in seconds need no calendar; and at once, because sources are made at once. */
export function luxon(): typeof import('luxon') {
  return load('luxon')
}

/** Loaded in the same way. */
export function cronParser(): typeof import('cron-parser') {
  return load('cron-parser')
}
