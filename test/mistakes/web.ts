import { client, http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import type { Mistake } from './mistake.ts'

const api = http()
const jsonSchema = { type: 'object', properties: {} }

/** Mistakes with HTTP, websockets and calls to others. */
export const webMistakes: readonly Mistake[] = [
  [
    'http({ prot: 80 })',
    () => http({ prot: 80 } as never),
    'http() has no option "prot"; did you mean "port"?',
  ],
  [
    "http({ port: '80' })",
    () => http({ port: '80' as never }),
    'the option http.port must be an integer from 0 to 65535, not "80"',
  ],
  ['http({ ssl: {} })', () => http({ ssl: {} } as never), 'http() has no option "ssl"; did you mean "tls"?'],
  [
    "http({ keepaliveTimeout: '5' })",
    () => http({ keepaliveTimeout: '5' as never }),
    'the option http.keepaliveTimeout must be a duration up to 24d, such as 500 (milliseconds), "20s" or "5m", not "5"',
  ],
  [
    "http({ maxBodySize: '1 megabyte' })",
    () => http({ maxBodySize: '1 megabyte' } as never),
    'http() has no option "maxBodySize"; did you mean "clientMaxSize"?',
  ],
  [
    "http({ tls: { key: 'path' } })",
    () => http({ tls: { key: 'path' } as never }),
    'the option http.tls.cert is required: PEM, as text or bytes',
  ],
  [
    'a JSON Schema of a body',
    () => api.post('/orders', { body: jsonSchema as never }),
    'the option http.post.body must be a Standard Schema, such as one of Zod, Valibot or ArkType (a plain JSON Schema cannot validate anything by itself), not an object with the keys type, properties',
  ],
  [
    "api.get('/orders', { schema })",
    () => api.get('/orders', { schema: jsonSchema } as never),
    'http.get() has no option "schema"; did you mean "body"?',
  ],
  [
    "client('https://orders', { timeuot: 5 })",
    () => client('https://orders', { timeuot: 5 } as never),
    'client() has no option "timeuot"; did you mean "timeout"?',
  ],
  [
    "client('https://orders', { timeout: '5' })",
    () => client('https://orders', { timeout: '5' as never }),
    'the option client.timeout must be a duration from 1ms to 24d, such as 500 (milliseconds), "20s" or "5m", or Infinity, not "5"',
  ],
  [
    "client('https://orders', { retry: 3 })",
    () => client('https://orders', { retry: 3 as never }),
    'the option client.retry must be an object of options, not 3',
  ],
  [
    'websocket(api, { heartbeat: 5 })',
    () => websocket(api, { heartbeat: 5 } as never),
    'websocket() has no option "heartbeat"; did you mean "pingInterval"?',
  ],
  [
    "websocket(api, { pingInterval: 'often' })",
    () => websocket(api, { pingInterval: 'often' as never }),
    'the option websocket.pingInterval must be 0, or a duration from 100ms to 24d, such as 500 (milliseconds), "20s" or "5m", or Infinity, not "often"',
  ],
]
