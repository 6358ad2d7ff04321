import { fileURLToPath } from 'node:url'
import ts from 'typescript-api'

const folder = fileURLToPath(new URL('.', import.meta.url))
const project = fileURLToPath(new URL('../tsconfig.json', import.meta.url))

/** A program as an editor sees it. */
export interface Editor {
  /** What is shown where the mouse is over the text that follows the mark `/*name*\/`: the type, then its docs. */
  hover(name: string): { readonly type: string; readonly docs: string }
  /** The errors by line, from 1: where each begins, and the first line of its message. */
  errors(): readonly { readonly line: number; readonly at: string; readonly first: string }[]
}

/** Opens a program that stands in the folder of the tests of types, with the options of all tests. */
export function editorOf(text: string): Editor {
  const file = `${folder}opened.ts`
  const { config } = ts.readConfigFile(project, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [] },
    ts.sys,
    `${folder}..`,
  )
  const read = (path: string) => (path === file ? text : ts.sys.readFile(path))
  const service = ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot(path) {
      const content = read(path)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: read,
  })
  return {
    hover(name) {
      const mark = `/*${name}*/`
      const info = service.getQuickInfoAtPosition(file, text.indexOf(mark) + mark.length)
      return {
        type: ts.displayPartsToString(info?.displayParts),
        docs: ts.displayPartsToString(info?.documentation),
      }
    },
    errors: () =>
      [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)].map(
        ({ start = 0, length = 0, messageText }) => ({
          line: text.slice(0, start).split('\n').length,
          at: text.slice(start, start + length),
          first: ts.flattenDiagnosticMessageText(messageText, '\n').split('\n')[0] ?? '',
        }),
      ),
  }
}
