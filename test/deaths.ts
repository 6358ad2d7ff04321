import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./killer-service.ts', import.meta.url))

/**
 * Starts the service that dies of the message `killer`, again and again until it stops by itself, because the message
 * was dead-lettered. Returns what the processes handled: the data, and how often it had come back.
 */
export async function deaths(
  kind: 'amqp' | 'redis' | 'snsSqs',
  options: object,
  topic: string,
  topicOptions: object,
  most = 10,
): Promise<readonly (readonly unknown[])[]> {
  const given = [kind, JSON.stringify(options), topic, JSON.stringify(topicOptions)]
  const handled: (readonly unknown[])[] = []
  for (let count = 0; count < most; count++) {
    const child = spawn(process.execPath, [program, ...given], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    const [code] = await once(child, 'close')
    for (const line of text.split('\n').filter(Boolean)) handled.push(JSON.parse(line))
    if (code === 0) return handled
    if (code !== 70) throw new Error(`a process has ended with ${code} after ${text}`)
  }
  throw new Error(`${most} processes have died`)
}
