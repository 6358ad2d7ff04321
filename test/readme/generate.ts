// Writes the tables of options and errors into the documents: `npm run docs`, after a build.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../architecture/sources.ts'
import { documents } from './document.ts'
import { generated } from './generated.ts'

for (const { path, text } of documents) {
  const now = await generated(text)
  if (now === text) continue
  writeFileSync(join(ROOT, path), now)
  console.log(`wrote ${path}`)
}
