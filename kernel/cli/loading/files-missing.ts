import { TomodachiError } from '../../index.ts'
import { serviceFiles } from './service-files.ts'

/** How many files are named. */
const most = 3
const sample = "export default new Service({ name: 'orders' }).on(…)"

/**
 * The error of a command that was given no file. It names the files of the working directory that export services,
 * and shows the command line with one of them. `words` are those behind the file.
 */
export function filesMissing(command: string, needed: string, words: readonly string[] = []): TomodachiError {
  const files = serviceFiles(process.cwd())
  const [likeliest] = files
  const line = ['tomodachi', command, quoted(likeliest ?? 'service.ts'), ...words].join(' ')
  return new TomodachiError('FILES_MISSING', { command, needed, hint: hintFor(files, `"${line}"`) })
}

function hintFor(files: readonly string[], line: string): string {
  if (files.length === 0)
    return `no file here exports a service; write "${sample}" into service.ts, then ${line}`
  if (files.length === 1) return `try ${line}, which exports a service`
  const rest = files.length - most
  const listed = files.slice(0, most).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
  return `these files export services: ${listed}; try ${line}`
}

/** Quoted where a shell would not take it for one word. */
function quoted(file: string): string {
  return /^[\w./@+-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`
}
