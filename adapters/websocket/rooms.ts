import { checkMessage, frameOf, type Message } from './frame.ts'
import type { Link } from './link.ts'

/** A member of a room. */
export interface Member {
  readonly link: Link
}

/** The connections by room. A room exists as long as somebody is in it. */
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

  /** Sends to all members of a room except one; the frame is made once. Returns the number of receivers. */
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
