import type { Task } from './task.ts'

/**
 * The tasks of one actor that are not finished, linked through themselves: a Set would cost every asynchronous
 * task more than all else that the kernel does with it.
 */
export class Unfinished {
  #first: Task | undefined

  /** Adds a task; does nothing when it is in already. */
  add(task: Task): void {
    if (task.listed) return
    task.listed = true
    task.following = this.#first
    if (this.#first) this.#first.preceding = task
    this.#first = task
  }

  /** Takes a task out; does nothing when it is not in. */
  delete(task: Task): void {
    if (!task.listed) return
    const { preceding, following } = task
    if (preceding) preceding.following = following
    else this.#first = following
    if (following) following.preceding = preceding
    task.listed = false
    task.preceding = undefined
    task.following = undefined
  }

  /** All of them, the newest first. */
  toArray(): Task[] {
    const tasks: Task[] = []
    for (let task = this.#first; task; task = task.following) tasks.push(task)
    return tasks
  }
}
