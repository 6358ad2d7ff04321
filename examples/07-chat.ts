// Websockets: a chat with a room for each path, and a page to chat from.
// Run it: npx tomodachi run examples/07-chat.ts
// Open http://127.0.0.1:9700/chat/garden in two windows.
import { readFile } from 'node:fs/promises'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'

const api = http({ port: Number(process.env.PORT ?? 9700), contentType: 'text/html; charset=utf-8' })
const chat = websocket(api, { maxPayload: 4_096 })
const page = await readFile(new URL('pages/chat.html', import.meta.url), 'utf8')

export default new Service({ name: 'chat' })
  .on(api.get('/chat/:room'), () => page)
  .on(chat.path('/rooms/:room'), ({ socket, params }) => {
    const room = chat.to(params.room)
    let name = 'somebody'
    const say = (text: string) => room.send(JSON.stringify({ name, text }))

    socket.join(params.room)
    socket.send(JSON.stringify({ name: params.room, text: `${room.size} in this room. Who are you?` }))
    return {
      message(data) {
        if (name !== 'somebody') return say(String(data))
        name = String(data).slice(0, 30)
        say('is here')
      },
      close() {
        say('has left')
      },
    }
  })
