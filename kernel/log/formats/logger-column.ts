import { shortened, visible } from './text.ts'

/** Takes the names of most of this library's loggers. */
const width = 24

/**
 * The name of a logger, always of the same width. In a longer name, the first parts become letters, because the last ones
 * tell loggers apart: `t.schedule.handler` for `tomodachi.schedule.handler`.
 */
export function loggerColumn(name: string): string {
  const parts = visible(name).split('.')
  for (let index = 0; index < parts.length - 1 && parts.join('.').length > width; index++)
    parts[index] = [...(parts[index] as string)].slice(0, 1).join('')
  return shortened(parts.join('.'), width).padEnd(width)
}
