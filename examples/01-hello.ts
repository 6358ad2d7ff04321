// The smallest service: two routes.
// Run it: npx tomodachi run examples/01-hello.ts
// Try it: curl http://127.0.0.1:9700/hello/ada
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'

const api = http({ port: Number(process.env.PORT ?? 9700) })

export default new Service({ name: 'hello' })
  .on(api.get('/'), () => 'Hello!\n')
  .on(api.get('/hello/:name'), ({ params }) => `Hello, ${params.name}!\n`)
