/** What the renderer is to draw. */
export interface Diagram {
  readonly format: 'svg' | 'ascii'
  /** Mermaid text. */
  readonly text: string
  /** The renderer's own options. */
  readonly options: Readonly<Record<string, string | number>>
}

/** Draws a diagram. */
export type Render = (diagram: Diagram) => string

/** Pictures, by the key of their diagram. */
export type Pictures = Readonly<Record<string, string>>

const name = 'beautiful-mermaid'
let built: Pictures | undefined
let renderer: typeof import('beautiful-mermaid') | undefined

/**
 * The picture of a diagram: the one that the build has made, or else one that the package beautiful-mermaid makes
 * now. Throws an error with the code `PACKAGE_MISSING` when the package is not installed.
 */
export function rendered(diagram: Diagram): string {
  built ??= builtPictures()
  return built[keyOf(diagram)] ?? render(diagram)
}

/** Makes the picture now. */
export function render({ format, text, options }: Diagram): string {
  renderer ??= loaded()
  return format === 'svg'
    ? renderer.renderMermaidSVG(text, options)
    : renderer.renderMermaidASCII(text, options)
}

/** The key of a diagram. A machine that has changed has another key, so it never gets an old picture. */
export function keyOf({ format, text, options }: Diagram): string {
  return JSON.stringify([format, options, text])
}

/** The pictures that `npm run build` has made; none if only the compiler has run. */
export function builtPictures(): Pictures {
  const path = new URL('pictures.json', import.meta.url)
  const fs = process.getBuiltinModule('node:fs')
  return fs.existsSync(path) ? JSON.parse(fs.readFileSync(path, 'utf8')) : {}
}

/**
 * `draw` is synchronous, so the package must be loaded synchronously. It exports for `import` only:
 * `import.meta.resolve` finds the file. Node's modules are not imported, so that the machines load in a browser
 * too.
 */
function loaded(): typeof import('beautiful-mermaid') {
  const { createRequire } = process.getBuiltinModule('node:module')
  const { fileURLToPath } = process.getBuiltinModule('node:url')
  return createRequire(import.meta.url)(fileURLToPath(resolved()))
}

function resolved(): string {
  try {
    return import.meta.resolve(name)
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    const sentence = `draw() needs the package ${name} to draw your own machines as svg or ascii; install it with "npm install ${name}"`
    throw Object.assign(new Error(sentence, { cause }), { code: 'PACKAGE_MISSING' })
  }
}
