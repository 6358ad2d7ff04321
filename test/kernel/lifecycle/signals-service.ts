// A program that the signal tests start as a process of its own: `signals-service.ts <scenario>`. It writes one line
// of JSON for each thing that the tests want to know.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, exit, type Kernel, run, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'

const say = (event: string, facts: object = {}) => console.log(JSON.stringify({ event, ...facts }))

const bus = memory()
const noting = {
  onStart: () => say('onStart'),
  onStarted: () => say('onStarted'),
  onStopping: () => say('onStopping'),
  onStop: () => say('onStop'),
}

/** Says so after the time in which a signal may be an echo: once a time that began earlier, and is shorter, is over. */
const sayAfter = (milliseconds: number, event: string) =>
  setImmediate(() => setTimeout(() => setImmediate(say, event), milliseconds).unref())

/** A service whose one handler does this with each message. */
function handling(handler: () => void | Promise<void>, options: object = {}): Service {
  return new Service({ ...noting, ...options }).on(bus.topic('work'), handler)
}

async function begin(service: Service): Promise<Kernel> {
  const kernel = await run(service)
  process.on('exit', () => say('exit'))
  return kernel
}

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  async drains() {
    await begin(
      handling(async () => {
        say('working')
        // From within, both have come before either is looked at, however busy the machine is.
        for (const signal of process.argv.slice(3)) process.kill(process.pid, signal)
        await sleep(300)
        say('done')
      }),
    )
    await bus.publish('work', {})
  },

  async standsStill() {
    const onStopping = () =>
      void setImmediate(() => {
        for (const signal of process.argv.slice(4)) process.kill(process.pid, signal)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
        say('stoodStill')
      })
    const handler = async () => {
      process.kill(process.pid, process.argv[3])
      await sleep(300)
      say('done')
    }
    await begin(handling(handler, { onStopping }))
    await bus.publish('work', {})
  },

  async stuck() {
    const onStopping = () => {
      say('onStopping')
      sayAfter(400, 'later')
      sayAfter(3_500, 'muchLater')
    }
    const drainTimeout = Number(process.argv[3] ?? 25_000)
    await begin(handling(() => new Promise<void>(() => say('working')), { drainTimeout, onStopping }))
    await bus.publish('work', {})
  },

  async exits() {
    await begin(
      handling(async () => {
        exit(7)
        await sleep(100)
        say('done')
      }),
    )
    await bus.publish('work', {})
  },

  async exitsPlainly() {
    await begin(handling(() => exit()))
    await bus.publish('work', {})
  },

  async failsToStart() {
    await run(handling(() => {}, { onStart: () => Promise.reject(new Error('no database')) }))
  },

  async failsToConstruct() {
    class Broken extends Service {
      constructor() {
        super()
        throw new Error('no settings')
      }
    }
    await run(new Broken())
  },

  async hasNoHandlers() {
    await run(new Service())
  },

  async startsSlowly() {
    const onStart = async () => {
      say('starting')
      await sleep(300)
      say('prepared')
    }
    await run(handling(() => {}, { onStart }))
  },

  async printsWhileStopping() {
    const print = () => {
      process.stdout.write('printed\n')
      process.stderr.write('printed\n')
    }
    const kernel = await begin(
      handling(async () => {
        say('working')
        await sleep(100)
        for (let times = 0; times < 3; times++) {
          print()
          await sleep(20)
        }
        process.exitCode = 9
      }),
    )
    await bus.publish('work', {})
    await kernel.stopped
    print()
    await sleep(20)
  },

  async connectsSlowly() {
    const slow = memory()
    const adapter = {
      ...slow,
      origin: undefined as never,
      async start() {
        say('starting')
        await sleep(300)
        say('prepared')
      },
    }
    await run(new Service({ ...noting, adapters: [adapter] }))
  },

  async announcesSlowly() {
    const onStarted = async () => {
      say('starting')
      await sleep(300)
      say('prepared')
    }
    await run(handling(() => {}, { ...noting, onStarted }))
  },

  async exitsWhileStarting() {
    await run(handling(() => {}, { onStart: () => exit(Number(process.argv[3])) }))
  },

  async awaitsStopped() {
    const kernel = await begin(handling(() => {}))
    say('working')
    say('stopped', { code: await kernel.stopped })
    await sleep(50)
    say('after')
  },

  async stuckAndAwaited() {
    const onStopping = () => void sayAfter(400, 'later')
    const kernel = await begin(handling(() => new Promise<void>(() => say('working')), { onStopping }))
    await bus.publish('work', {})
    setInterval(() => {}, 1_000)
    await kernel.stopped
    say('stopped')
  },

  async awaitsStoppedAndHolds() {
    const kernel = await begin(handling(() => {}))
    setInterval(() => {}, 1_000)
    say('working')
    say('stopped', { code: await kernel.stopped })
    await sleep(50)
    say('after')
  },

  async awaitsNothingAndHolds() {
    process.on('SIGTERM', () => setTimeout(() => say('kept'), 2_000))
    await begin(handling(() => {}))
    say('working')
  },

  async awaitsOneOfTwo() {
    const kernel = await begin(handling(() => {}))
    await run(new Service({ ...noting, adapters: [memory()] }))
    say('working')
    await kernel.stopped
    await sleep(50)
    say('after')
  },

  async hooksReject() {
    process.on('unhandledRejection', () => say('unhandledRejection'))
    const fail = async () => Promise.reject(new Error('hook failed'))
    await begin(handling(() => {}, { onStopping: fail, onStop: fail }))
    say('working')
  },

  async burst() {
    let [begun, handled] = [0, 0]
    const kernel = await begin(
      new Service().on(bus.topic('work', { concurrency: 10 }), async () => {
        if (begun++ === 0) process.kill(process.pid, 'SIGTERM')
        await sleep(5)
        handled++
      }),
    )
    let acked = 0
    kernel.bus.on('settled', ({ settlement }) => {
      if (settlement?.state === 'acked') acked++
    })
    process.on('exit', () => say('count', { handled, acked, left: bus.count('work') }))
    for (let index = 0; index < 2_000; index++) await bus.publish('work', { index })
  },

  async twoKernels() {
    await begin(new Service({ ...noting, adapters: [memory()] }))
    await run(new Service({ ...noting, adapters: [memory()], onStop: () => Promise.reject(new Error('x')) }))
    say('working')
  },
}

configureLogging({ logger: 'json' })
await scenarios[process.argv[2] ?? '']?.()
