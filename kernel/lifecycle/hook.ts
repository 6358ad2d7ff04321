import { AsyncLocalStorage } from 'node:async_hooks'
import { Context, currentContext, runInService } from '../actors/handling/context.ts'
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

/** The handler or hook of these services that the running code is called from; undefined once it has ended. */
export function waiterIn(services: readonly Service[]): string | undefined {
  const hook = current.getStore()
  if (hook && !hook.isOver && services.includes(hook.service)) return `${hook.name} of ${hook.service.name}`
  const context = currentContext()
  if (!context || !Context.isHandling(context) || !services.includes(context.service)) return undefined
  return `the handler of ${context.address}`
}
