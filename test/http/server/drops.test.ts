import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { endAll, started } from './draining.ts'

const drops = suite('http dropped connections')
drops.after.each(endAll)

const file = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/localhost.${name}.pem`, import.meta.url), 'utf8')

// Only Linux tells a process how many it may have.
const onLinux = process.platform === 'linux' ? drops : drops.skip

for (const [over, tls] of [
  ['HTTP', undefined],
  ['TLS', { key: file('key'), cert: file('cert') }],
] as const) {
  onLinux(
    `without file descriptors, connections over ${over} are closed, and it is said once with their count`,
    async () => {
      const service = await started({
        descriptors: 64,
        http: { keepaliveTimeout: 60_000, ...(tls ? { tls } : {}) },
      })
      const connect = tls ? RawClient.secure : RawClient.connect
      const taken: RawClient[] = []
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const client = await connect(service.port)
          await client.send(requestText('GET', '/fast')).response()
          taken.push(client)
        }).map((taken) => taken.catch(() => {})),
      )
      assert.ok(taken.length > 0 && taken.length < 64, String(taken.length))
      // Those that were taken are served on.
      for (const client of taken) {
        const { text } = await client.send(requestText('GET', '/fast')).response()
        assert.is(text, 'fast')
        client.destroy()
      }
      service.child.kill('SIGTERM')
      assert.is(await service.exitCode, 0)
      const lines = (await service.log)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      assert.equal(
        lines.map(({ message, event, reason, dropped }) => [message ?? event, reason, dropped]),
        [['connections were refused', 'no file descriptors are left (EMFILE)', 100 - taken.length]],
      )
    },
  )
}

drops.run()
