import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requestText } from '../raw-client.ts'
import { accessLines, stopAll, until } from '../serving.ts'
import { connected, serving, text, texts, tls, wish } from './upgrading.ts'

const waiting = suite('http upgrade that waits for earlier answers')
waiting.after.each(stopAll)

waiting('a wish waits for the answers to the requests before it, taken or not', async () => {
  const { api, release } = await serving()
  for (const late of ['in one piece', 'later']) {
    const client = await connected(api)
    const before = ['/large', '/slow', '/large', '/slow'].map((path) => requestText('GET', path))
    const ignored = [requestText('GET', '/b', wish('h2c')), requestText('GET', '/slow')]
    const taken = [requestText('GET', '/twice', wish('h2c, Twice')), Buffer.from('head ')]
    if (late === 'in one piece') client.send(Buffer.concat([...before, ...ignored, ...taken]))
    else
      for (const piece of [...before, ...ignored, ...taken]) {
        client.send(piece)
        await sleep(5)
      }
    for (let count = 0; count < 3; count++) await release()
    const lengths = (await texts(client, 6)).map((text) => text.length)
    assert.equal(lengths, [1_200_000, 4, 1_200_000, 4, 1, 4])
    assert.is((await client.response()).status, 101)
    client.send('tail ')
    await until(() => client.received.toString() === 'head head tail tail ')
    client.destroy()
  }
})

for (const secured of [false, true]) {
  const what = secured ? 'over TLS' : 'without TLS'
  waiting(
    `what comes while a wish waits is kept, though node stops reading in between, ${what}`,
    async () => {
      const { api, release } = await serving(secured ? { tls } : {})
      for (const target of ['/twice', '/b']) {
        const client = await connected(api)
        // At the third node stops reading, because of the second; it goes on once that has been sent.
        const before = ['/slow', '/text', '/a'].map((path) => requestText('GET', path))
        client.send(Buffer.concat([...before, requestText('GET', target, wish('twice'))]))
        await sleep(20)
        client.send(target === '/b' ? requestText('GET', '/h') : 'late ')
        await sleep(20)
        await release()
        assert.equal(await texts(client, 3), ['slow', text, 'a'])
        if (target === '/b') assert.equal(await texts(client, 2), ['b', 'h'])
        else {
          assert.is((await client.response()).status, 101)
          await until(() => client.received.toString() === 'late late ')
        }
        client.destroy()
      }
    },
  )
}

waiting('a client that goes while its wish waits is no error, and its requests learn of it', async () => {
  const { api, waiting, records } = await serving()
  for (const target of ['/twice', '/b']) {
    const client = await connected(api)
    client.send(Buffer.concat([requestText('GET', '/slow'), requestText('GET', target, wish('twice'))]))
    await until(() => waiting.length === 1)
    client.socket.resetAndDestroy()
    await until(() => accessLines(records).length === 1)
    assert.is(accessLines(records)[0]?.status_code, 499)
    records.length = 0
    waiting.length = 0
  }
  const client = await connected(api)
  assert.is((await client.send(requestText('GET', '/a')).response()).text, 'a')
  client.destroy()
})

waiting('a connection may start over as often as it likes, and keeps no timer of its idleness', async () => {
  const { api, release } = await serving({ keepaliveTimeout: 50 })
  const warnings: Error[] = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)
  const client = await connected(api)
  const rounds = 50
  client.send(Buffer.concat(Array.from({ length: rounds }, () => requestText('GET', '/b', wish('h2c')))))
  assert.equal(await texts(client, rounds), Array(rounds).fill('b'))
  client.send(Buffer.concat([requestText('GET', '/a'), requestText('GET', '/slow', wish('h2c'))]))
  assert.is((await client.response()).text, 'a')
  // node closes an idle connection one second after its time.
  await sleep(1_500)
  await release()
  assert.is((await client.response()).text, 'slow')
  client.destroy()
  await new Promise(setImmediate)
  process.off('warning', note)
  assert.equal(warnings, [])
})

waiting.run()
