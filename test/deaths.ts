import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./killer-service.ts', import.meta.url))

/**
 * Starts the service that dies of the message `killer`, again and again until it stops by itself, because the message
 * was dead-lettered; with `atOnce`, so many of them beside each other. Returns what the processes handled: the data, and
 * how often it had come back.
 */
export async function deaths(
  kind: 'amqp' | 'redis' | 'snsSqs',
  options: object,
  topic: string,
  topicOptions: object,
  { most = 10, atOnce = 1 } = {},
): Promise<readonly (readonly unknown[])[]> {
  const given = [kind, JSON.stringify(options), topic, JSON.stringify(topicOptions)]
  const handled: (readonly unknown[])[] = []
  const running = new Set<ChildProcess>()
  let died = 0
  let isOver = false
  const live = async () => {
    while (!isOver) {
      const child = spawn(process.execPath, [program, ...given], { stdio: ['ignore', 'pipe', 'inherit'] })
      running.add(child)
      let text = ''
      child.stdout.on('data', (chunk) => {
        text += chunk
      })
      const [code] = await once(child, 'close')
      running.delete(child)
      for (const line of text.split('\n').filter(Boolean)) handled.push(JSON.parse(line))
      if (isOver) return
      isOver = code !== 70 || ++died === most
      if (isOver) for (const other of running) other.kill('SIGKILL')
      if (code === 0) return
      if (isOver) throw new Error(`a process has ended with ${code} after ${died} deaths and ${text}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, live))
  return handled
}
