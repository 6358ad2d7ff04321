import { checkMessage, frameOf, type Message } from './frame.ts'
import type { Link } from './link.ts'

/** Who can be in a room. */
export interface Member {
  readonly link: Link
}

/** The connections that have joined, by room. A room is there as long as somebody is in it. */
export class Rooms {
  readonly #members = new Map<string, Set<Member>>()

  join(room: string, member: Member): void {
    const members = this.#members.get(room)
    if (members) members.add(member)
    else this.#members.set(room, new Set([member]))
  }

  leave(room: string, member: Member): void {
    const members = this.#members.get(room)
    if (members?.delete(member) && members.size === 0) this.#members.delete(room)
  }

  size(room: string): number {
    return this.#members.get(room)?.size ?? 0
  }

  /** Sends to all in a room but one; the frame is made once. Returns to how many. */
  send(room: string, message: Message, except: unknown): number {
    checkMessage(message)
    const members = this.#members.get(room)
    if (!members) return 0
    const frame = frameOf(message)
    let count = 0
    for (const member of members) {
      if (member === except || !member.link.isOpen) continue
      member.link.post(frame, message)
      count++
    }
    return count
  }
}
