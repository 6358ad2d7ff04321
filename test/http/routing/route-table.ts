import { Service } from 'tomodachi'
import { type Http, http, type Method } from 'tomodachi/http'
import { type Logged, logged, serve } from '../serving.ts'

export type Path = string | RegExp

/** The methods and the path of a route; a path alone is one for GET. */
export type Route = Path | readonly [methods: readonly Method[], path: Path]

/** What a request has found: methods and path of the route (with `#2` the second of its kind), and what its path captured. */
export interface Found {
  readonly route: string
  readonly params: Record<string, string>
}

/** The routes of a server that runs. */
export class RouteTable {
  readonly api: Http
  readonly #records: readonly Logged[]

  private constructor(api: Http, records: readonly Logged[]) {
    this.api = api
    this.#records = records
  }

  /** Starts a server, which `stopAll` stops. Rejects as its start does. */
  static async of(...routes: readonly Route[]): Promise<RouteTable> {
    const api = http({ port: 0, accessLog: false })
    const service = new Service()
    for (const route of routes) {
      const [methods, path] = isPath(route) ? [['GET'] as const, route] : route
      service.on(api.route(methods, path), ({ address, params }) => {
        const found: Found = { route: shortened(address), params: { ...params } }
        return [200, '', { 'x-found': encodeURIComponent(JSON.stringify(found)) }]
      })
    }
    const records = logged('warning')
    await serve(service)
    return new RouteTable(api, records)
  }

  /** What a request target leads to, just as it is. */
  async find(method: string, url: string): Promise<Found | undefined> {
    const { headers } = await this.api.inject({ method: method as Method, url })
    const found = headers['x-found']
    return typeof found === 'string' ? JSON.parse(decodeURIComponent(found)) : undefined
  }

  /** What the Allow header of a 405 names; nothing with a 404. */
  async allowed(url: string): Promise<readonly string[]> {
    const { headers } = await this.api.inject({ method: 'TRACE', url })
    return headers.allow === undefined ? [] : String(headers.allow).split(',')
  }

  /** The routes that were reported at start because no request can reach them, with the methods for which that is so. */
  get shadowed(): readonly { readonly route: string; readonly methods: readonly Method[] }[] {
    return this.#records.map(({ fields: { route, methods } }) => ({
      route: shortened(route),
      methods,
    }))
  }
}

function isPath(route: Route): route is Path {
  return typeof route === 'string' || route instanceof RegExp
}

function shortened(address: string): string {
  return address.replace(/^http /, '')
}
