import { isDisabled } from '../configure.ts'
import { isWriting, watchWriting } from '../writing.ts'

/** Takes back what was done. Further calls change nothing. */
export type Undo = () => void

type AnyMethod = (...args: never[]) => unknown

/**
 * Puts a function in the place of a method. The original one serves on for what the outputs of the log print, and
 * while the log is disabled: nothing may get lost there. It comes back by the undo, also through the hands of others
 * who have wrapped the replacement since.
 */
export function replaceMethod<Name extends string>(
  target: { [Key in Name]: AnyMethod },
  name: Name,
  replacement: (original: (...args: unknown[]) => unknown, ...args: unknown[]) => unknown,
): Undo {
  watchWriting()
  const isOwn = Object.hasOwn(target, name)
  const original: AnyMethod = target[name]
  let isActive = true
  const call = (...args: unknown[]) => Reflect.apply(original, target, args)
  const replaced = (...args: unknown[]) =>
    isActive && !isDisabled() && !isWriting() ? replacement(call, ...args) : call(...args)
  target[name] = replaced as (typeof target)[Name]
  return () => {
    isActive = false
    if (target[name] !== replaced) return
    if (isOwn) target[name] = original as (typeof target)[Name]
    else delete (target as Partial<typeof target>)[name]
  }
}

/** Something that is done once, however many want it, and undone when nobody wants it any more. */
export function shared(install: () => Undo): () => Undo {
  let users = 0
  let uninstall: Undo | undefined
  return () => {
    users++
    uninstall ??= install()
    let isUndone = false
    return () => {
      if (isUndone) return
      isUndone = true
      users--
      if (users > 0) return
      uninstall?.()
      uninstall = undefined
    }
  }
}
