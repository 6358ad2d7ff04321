import { Kernel, Service, type ServiceOptions } from 'tomodachi'
import type { SnsSqsBus, SnsSqsOptions } from 'tomodachi/sns-sqs'
import { AwsProxy } from '../chaos/aws-proxy.ts'
import { busOn, emulator, type Fauxqs } from './world.ts'

export { until } from '../until.ts'

/** An emulator, a proxy in front of it, and what runs on them. */
export class Scene {
  readonly server: Fauxqs
  readonly proxy: AwsProxy
  readonly #kernels: Kernel[] = []

  private constructor(server: Fauxqs, proxy: AwsProxy) {
    this.server = server
    this.proxy = proxy
  }

  static async open(): Promise<Scene> {
    const server = await emulator()
    return new Scene(server, await AwsProxy.to(server.port))
  }

  /** A bus that talks to the emulator by way of the proxy. */
  bus(options: SnsSqsOptions = {}): SnsSqsBus {
    return busOn(this.proxy.port, options)
  }

  /** Starts a service with these handlers. */
  async start(setUp: (service: Service) => void, options: ServiceOptions = {}): Promise<Kernel> {
    const service = new Service({ drainTimeout: 10_000, ...options })
    setUp(service)
    const kernel = new Kernel([service], { ownsProcess: false })
    this.#kernels.push(kernel)
    await kernel.start()
    return kernel
  }

  /** Starts a bus that is only published to. */
  async publisher(options: SnsSqsOptions = {}): Promise<SnsSqsBus> {
    const bus = this.bus(options)
    await this.start(() => {}, { adapters: [bus] })
    return bus
  }

  /** Bodies of the messages of a queue, those that are being handled included. */
  bodies(queue: string): readonly string[] {
    const { ready = [], delayed = [], inflight = [] } = this.server.inspectQueue(queue)?.messages ?? {}
    return [...ready, ...delayed, ...inflight.map(({ message }) => message)].map(({ body }) => body)
  }

  /** Stops whatever runs, or starts. */
  async stopAll(): Promise<void> {
    await Promise.all(this.#kernels.map((kernel) => kernel.stop()))
  }

  /** Stops what runs, and closes everything. */
  async close(): Promise<void> {
    this.proxy.fault = () => undefined
    await this.stopAll()
    await this.proxy.close()
    await this.server.stop()
  }
}

/** Runs a test in a scene of its own. */
export function inScene(body: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const scene = await Scene.open()
    try {
      await body(scene)
    } finally {
      await scene.close()
    }
  }
}

/** What a promise rejects with. */
export async function rejection(work: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await work
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not reject')
}
