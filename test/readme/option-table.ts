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

function tableOf(reference: string): string {
  return heading + optionsOf(reference).map(rowOf).join('')
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
