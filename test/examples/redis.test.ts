// time limit: 120 s
// node: 24 only
// needs: redis
// coverage: none
import { suite } from 'uvu'
import { connected } from '../redis/world.ts'
import { ordersWork } from './orders.ts'

const test = suite('examples on Redis')

/** What the example leaves, on a server that may be there for other things too. */
async function forget(): Promise<void> {
  const client = await connected()
  await client.unlink(['warehouse', 'warehouse-dead'].map((queue) => `tomodachi:${queue}:queue`))
  await client.close()
}

test.before(forget)
test.after(forget)

test('02-orders', () => ordersWork({ env: { BUS: 'redis' } }))

test.run()
