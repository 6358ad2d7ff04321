import { Service } from 'tomodachi'
import { type Http, type HttpReply, http } from 'tomodachi/http'
import { stopEverything } from '../client/upstream.ts'
import { RawClient } from '../raw-client.ts'
import { portOf, serve } from '../serving.ts'

const clients = new Set<RawClient>()

/** Serves one route, for GET, HEAD and POST, whose handler replies with this, and connects to it. */
export async function replying(
  reply: (method: string) => unknown,
): Promise<{ readonly api: Http; readonly client: RawClient }> {
  const api = http({ port: 0 })
  await serve(
    new Service().on(api.route(['GET', 'POST'], '/'), ({ request }) => reply(request.method) as HttpReply),
  )
  const client = await RawClient.connect(portOf(api))
  clients.add(client)
  return { api, client }
}

/** Closes the connections and stops what was started: for `after.each`. */
export async function stopReplying(): Promise<void> {
  for (const client of clients) client.destroy()
  clients.clear()
  await stopEverything()
}
