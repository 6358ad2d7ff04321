import { isDisabled } from '../configure.ts'
import { isWriting, watchWriting } from '../writing.ts'

/** Undoes what was done. Further calls do nothing. */
export type Undo = () => void

type AnyMethod = (...args: never[]) => unknown

/**
 * Replaces a method with a function. The original still serves what log outputs print, and everything while the log
 * is disabled, so that nothing is lost. The undo brings it back, even if others have wrapped the replacement since.
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

/** Something that is installed once for all its users, and uninstalled when the last one has undone it. */
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
