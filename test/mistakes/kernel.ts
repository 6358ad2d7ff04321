import { captureLogs, configureLogging, Kernel, manualClock, on, Retry, run, Service, topic } from 'tomodachi'
import { deliveryRules, errors } from 'tomodachi/adapter-kit'
import { cloudEvents, jsonBase, raw } from 'tomodachi/envelopes'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import type { Mistake } from './mistake.ts'

const service = new Service()
const api = http()
const bus = memory()
const jsonSchema = { type: 'object', properties: {} }
const handle = (() => {}) as never

/** Mistakes with services, handlers, logging, contracts and formats. */
export const kernelMistakes: readonly Mistake[] = [
  [
    "new Service({ nmae: 'orders' })",
    () => new Service({ nmae: 'orders' } as never),
    'new Service() has no option "nmae"; did you mean "name"?',
  ],
  [
    "new Service('orders')",
    () => new Service('orders' as never),
    'the options of new Service() must be an object, not "orders"',
  ],
  [
    'new Service({ name: null })',
    () => new Service({ name: null } as never),
    'the option Service.name must be text on one line, not empty, not null',
  ],
  [
    "new Service({ drainTimeout: '25' })",
    () => new Service({ drainTimeout: '25' as never }),
    'the option Service.drainTimeout must be a duration up to 24d, such as 500 (milliseconds), "20s" or "5m", or Infinity, not "25"',
  ],
  [
    'new Service({ drainTimeout: -1 })',
    () => new Service({ drainTimeout: -1 }),
    'the option Service.drainTimeout must be a duration up to 24d, such as 500 (milliseconds), "20s" or "5m", or Infinity, not -1',
  ],
  [
    'new Service({ adapters: bus })',
    () => new Service({ adapters: bus as never }),
    'the option Service.adapters must be a list of adapters, not an object with the keys name, ready, start, pause, close, idle, deadLetterQueues, origin',
  ],
  [
    'new Service({ middleware: [] })',
    () => new Service({ middleware: [] } as never),
    'new Service() has no option "middleware"; did you mean "use"?',
  ],
  [
    "new Service({ onStart: 'now' })",
    () => new Service({ onStart: 'now' as never }),
    'the option Service.onStart must be a function, not "now"',
  ],
  [
    "service.on('/orders', handle)",
    () => service.on('/orders' as never, handle),
    `on(source) must be a source, such as api.get('/orders'), not "/orders"`,
  ],
  [
    "service.on('order.created', handle)",
    () => service.on('order.created' as never, handle),
    'on(source) must be a source, such as bus.topic("order.created"), not "order.created"',
  ],
  [
    'service.on(topic, handle)',
    () => service.on(topic('order.created') as never, handle),
    'on(source) must be a source, such as bus.topic(orderCreated), not an object with the keys name',
  ],
  [
    'service.on(api, handle)',
    () => service.on(api as never, handle),
    "on(source) must be a source, such as api.get('/'), not an object with the keys name, origin, start, pause, close, get, post, put",
  ],
  [
    "@on('/orders')",
    () => on('/orders' as never),
    `on(source) must be a source, such as api.get('/orders'), not "/orders"`,
  ],
  [
    "service.on(api.get('/orders'))",
    () => service.on(api.get('/orders') as never),
    'on(GET /orders, handler) must be a function, not undefined',
  ],
  [
    "service.on(api.get('/orders'), 'ok')",
    () => service.on(api.get('/orders'), 'ok' as never),
    'on(GET /orders, handler) must be a function, not "ok"',
  ],
  [
    'on with an option misspelt',
    () => service.on(api.get('/'), handle, { concurency: 2 } as never),
    'on() has no option "concurency"; did you mean "concurrency"?',
  ],
  [
    'on with concurrency: 0',
    () => service.on(api.get('/'), handle, { concurrency: 0 }),
    'the option on.concurrency must be an integer from 1 to 2147483647, or Infinity, not 0',
  ],
  [
    "on with orderBy: 'id'",
    () => service.on(api.get('/'), handle, { orderBy: 'id' as never }),
    'the option on.orderBy must be a function, not "id"',
  ],
  [
    'a source where middleware belongs',
    () => service.on(api.get('/'), handle, { use: [api.get('/admin')] as never }),
    'the option on.use must be middleware: one, a list, or use(a).use(b) (GET /admin is a source: on(source, handler) takes it), not an array of 1',
  ],
  [
    'new Kernel([service], { ownProcess: false })',
    () => new Kernel([service], { ownProcess: false } as never),
    'new Kernel() has no option "ownProcess"; did you mean "ownsProcess"?',
  ],
  [
    'run(service, { ownsProcess: false })',
    () => run(service, { ownsProcess: false } as never),
    "run() expects services, as in run(new Service({ name: 'orders' })), but got an object with the keys ownsProcess; write new Kernel(services, options).start()",
  ],
  [
    "configureLogging({ levle: 'debug' })",
    () => configureLogging({ levle: 'debug' } as never),
    'configureLogging() has no option "levle"; did you mean "level"?',
  ],
  [
    "configureLogging({ level: 'loud' })",
    () => configureLogging({ level: 'loud' }),
    'the log level loud is unknown; choose one of debug, info, warning, warn, error, critical',
  ],
  [
    "configureLogging({ level: 'info,debug' })",
    () => configureLogging({ level: 'info,debug' }),
    'the option configureLogging.level must be a level, name=level, or several of them separated by commas, none twice, not "info,debug"',
  ],
  [
    "configureLogging({ colors: 'yes' })",
    () => configureLogging({ colors: 'yes' as never }),
    'the option configureLogging.colors must be true or false, not "yes"',
  ],
  [
    'captureLogs({ stdout: true })',
    () => captureLogs({ stdout: true } as never),
    'captureLogs() has no option "stdout"; it has console, debug, warnings, uncaught',
  ],
  [
    "manualClock().advance('5')",
    () => manualClock().advance('5' as never),
    'the option manualClock.advance must be a duration up to 36500d, such as 500 (milliseconds), "20s" or "5m", not "5"',
  ],
  ["topic('')", () => topic(''), 'the option topic.name must be text on one line, not empty, not ""'],
  [
    'a JSON Schema in a topic',
    () => topic('order.created', { schema: jsonSchema as never }),
    'the option topic.schema must be a Standard Schema, such as one of Zod, Valibot or ArkType (a plain JSON Schema cannot validate anything by itself), not an object with the keys type, properties',
  ],
  [
    "topic('order.created', { format: jsonBase() })",
    () => topic('order.created', { format: jsonBase() } as never),
    'topic() has no option "format"; it has schema, reply, envelope',
  ],
  [
    "topic('order.created', { envelope: 'json' })",
    () => topic('order.created', { envelope: 'json' as never }),
    'the option topic.envelope must be a wire format, such as jsonBase(), not "json"',
  ],
  [
    "new Retry('later')",
    () => new Retry('later' as never),
    'the options of new Retry() must be an object, not "later"',
  ],
  [
    "new Retry({ after: '5 minutes' })",
    () => new Retry({ after: '5 minutes' as never }),
    'the option Retry.after must be a duration up to 3650d, such as 500 (milliseconds), "20s" or "5m", not "5 minutes"',
  ],
  [
    'deliveryRules({ retry: 5 })',
    () => deliveryRules({ retry: 5 as never }),
    'the option deliveryRules.retry must be an object of options, not 5',
  ],
  ["errors('', {})", () => errors('', {}), 'errors(owner) must be the name of a folder or package, not ""'],
  [
    "jsonBase({ maxDecompressedSize: '1s' })",
    () => jsonBase({ maxDecompressedSize: '1s' as never }),
    'the option jsonBase.maxDecompressedSize must be a size, such as 1024 (bytes), "512KB" or "100MB", not "1s"',
  ],
  [
    "raw({ as: 'json' })",
    () => raw({ as: 'json' as never }),
    'the option raw.as must be "text" or "bytes", not "json"',
  ],
  [
    "cloudEvents({ sourse: '/orders' })",
    () => cloudEvents({ sourse: '/orders' } as never),
    'cloudEvents() has no option "sourse"; did you mean "source"?',
  ],
]
