import { type Option, optionsOf } from './option-types.ts'

const heading = '| option | type | default | |\n|---|---|---|---|\n'

/** Where tables of options stand: `<!-- options: HttpOptions of tomodachi/http -->`, the table, `<!-- end of options -->`. */
const place = /(<!-- options: (\w+ of \S+) -->\n\n).*?\n?(?=<!-- end of options -->)/gs

/** The types whose options a document lists. */
export function listedIn(text: string): string[] {
  return [...text.matchAll(place)].map(([, , reference = '']) => reference)
}

/** The document with its tables of options as the doc comments make them. */
export function withOptionTables(text: string): string {
  return text.replace(place, (_, start: string, reference: string) => `${start}${tableOf(reference)}\n`)
}

/** What stands below a table that has an option of this type. */
const notes = {
  Duration: "A duration is a number of milliseconds, or text such as `'20s'`.",
  Size: "A size is a number of bytes, or text such as `'32MB'`.",
}

function tableOf(reference: string): string {
  const options = optionsOf(reference)
  const fitting = Object.entries(notes).filter(([name]) =>
    options.some(({ type }) => new RegExp(`\\b${name}\\b`).test(type)),
  )
  const below = fitting.map(([, note]) => note).join(' ')
  return heading + options.map(rowOf).join('') + (below && `\n${below}\n`)
}

function rowOf({ name, type, text, default: value = '' }: Option): string {
  const kind = /^(function|object)$/.test(type) ? type : `\`${type}\``
  return `| \`${name}\` | ${escaped(kind)} | ${escaped(value)} | ${escaped(text)} |\n`
}

/** As a cell of a table holds it. */
function escaped(text: string): string {
  const outsideOfCode = (part: string) => (part.startsWith('`') ? part : part.replaceAll('<', '\\<'))
  return text.replaceAll('|', '\\|').replace(/`[^`]*`|[^`]+/g, outsideOfCode)
}
