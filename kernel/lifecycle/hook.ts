import { AsyncLocalStorage } from 'node:async_hooks'
import { runInService } from '../actors/handling/context.ts'
import type { Hooks } from '../actors/hooks.ts'
import type { Service } from '../actors/service.ts'
import type { Kernel } from './kernel.ts'

/** A call of a hook. It stays current for what the hook leaves behind, and `isOver` says that the hook has ended. */
interface Hook {
  readonly name: keyof Hooks
  readonly service: Service
  isOver: boolean
}

const current = new AsyncLocalStorage<Hook>()

/** Runs a hook of the service. Rejects with what it throws. */
export async function runHook(service: Service, name: keyof Hooks, kernel: Kernel): Promise<void> {
  const hook: Hook = { name, service, isOver: false }
  const context = { kernel, log: service.log.child({ hook: name }) }
  try {
    await runInService(service, () => current.run(hook, () => service[name](context)))
  } finally {
    hook.isOver = true
  }
}

/** The hook that the running code was called from; undefined once that hook has ended. */
export function currentHook(): Pick<Hook, 'name' | 'service'> | undefined {
  const hook = current.getStore()
  return hook?.isOver ? undefined : hook
}
