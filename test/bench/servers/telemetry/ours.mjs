import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { report } from '../report.mjs'
import { signals, startSdk } from './sdk.mjs'

configureLogging({ level: 'error' })

if (signals !== 'off') startSdk(signals)
const adapters = signals === 'off' ? [] : [opentelemetry({ metrics: signals === 'spans and metrics' })]
const api = http({ port: 0, host: '127.0.0.1', accessLog: false, keepaliveTimeout: '5m' })

await run(new Service({ name: 'bench', adapters }).on(api.get('/hello'), () => 'hello world'))
report({ port: Number(new URL(api.url).port) })
