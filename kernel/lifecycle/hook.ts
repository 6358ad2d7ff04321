import { AsyncLocalStorage } from 'node:async_hooks'
import { runInService } from '../actors/handling/context.ts'
import type { Hooks, Service } from '../actors/service.ts'

/** A hook that was called, for as long as it goes on and for what it leaves behind. */
interface Hook {
  readonly name: keyof Hooks
  readonly service: Service
  isOver: boolean
}

const current = new AsyncLocalStorage<Hook>()

/** Runs a hook of the service. Rejects with what it throws. */
export async function runHook(service: Service, name: keyof Hooks): Promise<void> {
  const hook: Hook = { name, service, isOver: false }
  try {
    await runInService(service, () => current.run(hook, () => service[name]()))
  } finally {
    hook.isOver = true
  }
}

/** The hook that the running code was called from, unless it has come to its end. */
export function currentHook(): Pick<Hook, 'name' | 'service'> | undefined {
  const hook = current.getStore()
  return hook?.isOver ? undefined : hook
}
