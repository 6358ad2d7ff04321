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

/** Pictures by the key of their diagram. */
export type Pictures = Readonly<Record<string, string>>

const name = 'beautiful-mermaid'
let built: Pictures | undefined
let renderer: typeof import('beautiful-mermaid') | undefined

/**
 * The picture of a diagram: one that the build has made, else one that the package beautiful-mermaid makes now. Throws an
 * error with the code `PACKAGE_MISSING` when it is not installed.
 */
export function rendered(diagram: Diagram): string {
  built ??= builtPictures()
  return built[keyOf(diagram)] ?? render(diagram)
}

/** The same, made now. */
export function render({ format, text, options }: Diagram): string {
  renderer ??= loaded()
  return format === 'svg'
    ? renderer.renderMermaidSVG(text, options)
    : renderer.renderMermaidASCII(text, options)
}

/** What a diagram is found by. A machine that has changed has another diagram, so no old picture is shown for it. */
export function keyOf({ format, text, options }: Diagram): string {
  return JSON.stringify([format, options, text])
}

/** The pictures that `npm run build` has made; none where only the compiler has run. */
export function builtPictures(): Pictures {
  const path = new URL('pictures.json', import.meta.url)
  const fs = process.getBuiltinModule('node:fs')
  return fs.existsSync(path) ? JSON.parse(fs.readFileSync(path, 'utf8')) : {}
}

/**
 * `draw` answers at once, so the package is loaded at once. Its exports are for `import` only: `import.meta.resolve` finds the file.
 * Node's modules are not imported, so that the machines load in a browser too.
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
