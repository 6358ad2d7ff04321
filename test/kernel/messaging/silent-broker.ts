// A broker that holds what it is sent until the test answers.
import type { Sending } from 'tomodachi/adapter-kit'
import { busStarted, type FakeMessage } from './fake-broker.ts'

export type Held = Sending<FakeMessage>

/** A bus whose broker answers nothing by itself. */
export async function silent(options: object = {}, does: object = {}) {
  const held: Held[] = []
  const scene = await busStarted(
    { send: (messages) => void held.push(...messages), ...does },
    { publishTimeout: 60_000, ...options },
  )
  return { ...scene, held, at: (place: number) => held[place] as Held }
}
