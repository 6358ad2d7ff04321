import { Service } from 'tomodachi'
import { type Http, http, type OverloadOptions } from 'tomodachi/http'
import { RawClient, requestText } from '../raw-client.ts'
import { portOf, serve, stopAll, until } from '../serving.ts'

const releases: (() => void)[] = []

/** A server with one place. `/wait` keeps it until `release`; `/live` is never shed, `/hold` neither, and waits too. */
export async function serving(overload: OverloadOptions = { maxInFlight: 1 }) {
  const api = http({ port: 0, overload })
  const waiting: (() => void)[] = []
  const wait = async () => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return 'waited'
  }
  const kernel = await serve(
    new Service()
      .on(api.get('/wait'), wait)
      .on(api.get('/hold', { shed: false }), wait)
      .on(api.get('/live', { shed: false }), () => 'live')
      .on(api.get('/quiet', { ignoreLogging: true }), () => 'quiet')
      .on(api.post('/'), async ({ request }) => request.text())
      .on(api.get('/'), () => 'next'),
  )
  const release = () => {
    for (const resolve of waiting.splice(0)) resolve()
  }
  releases.push(release)
  return { api, kernel, waiting, release, filled: () => filled(api, waiting) }
}

/** Takes the place. Resolves with the client that waits for its answer. */
async function filled(api: Http, waiting: readonly unknown[]): Promise<RawClient> {
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('GET', '/wait'))
  await until(() => waiting.length === 1, 'the handler waits')
  return client
}

/** Lets all handlers go on, and stops the servers: for `after.each`. */
export async function endAll(): Promise<void> {
  for (const release of releases.splice(0)) release()
  await stopAll()
}
