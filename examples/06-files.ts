// Files: a page with an upload form, uploads that are kept and served again with ranges and ETags, and a cookie.
// Run it: npx tomodachi run examples/06-files.ts
// Try it: curl -F file=@README.md http://127.0.0.1:9700/upload
//         curl -r 0-9 http://127.0.0.1:9700/uploads/README.md
// Or open http://127.0.0.1:9700
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Service } from 'tomodachi'
import { HttpError, http, setCookie } from 'tomodachi/http'

const api = http({ port: Number(process.env.PORT ?? 9700), clientMaxSize: '5MB' })
const uploads = await mkdtemp(join(tmpdir(), 'uploads-'))

export default new Service({ name: 'files', onStop: () => rm(uploads, { recursive: true }) })
  .on(api.post('/upload'), async ({ request }) => {
    const file = (await request.formData()).get('file')
    // The name is the client's word: only a plain one may become the name of a file here.
    if (!(file instanceof File) || !/^\w[\w .-]*$/.test(file.name))
      throw new HttpError(400, 'Send a file with a plain name.\n')
    await writeFile(join(uploads, file.name), file.stream())
    const lastUpload = setCookie('last-upload', encodeURIComponent(file.name), { httpOnly: true })
    return [303, undefined, { location: '/', 'set-cookie': lastUpload }]
  })
  .on(api.get('/uploads'), async ({ request }) => {
    const last = decodeURIComponent(request.cookies['last-upload'] ?? '')
    return { body: { files: await readdir(uploads), last } }
  })
  .on(api.files('/uploads', uploads, { cacheControl: 'private' }))
  .on(api.files('/', new URL('pages/', import.meta.url), { index: 'upload.html' }))
