/** The machines that drive services, and how to draw them. */
export { type LifecycleContext, type LifecycleEvent, lifecycle } from './lifecycle.ts'
