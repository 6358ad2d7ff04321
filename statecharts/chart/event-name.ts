/** An event's name as people read it: `runStartHooks done`, `closeAdapters failed`, `after drainDeadline`. */
export function readableEvent(type: string): string {
  const [, kind, rest = ''] = /^xstate\.(done\.actor|error\.actor|done\.state|after)\.(.+)$/.exec(type) ?? []
  if (kind === 'done.actor' || kind === 'done.state') return `${rest} done`
  if (kind === 'error.actor') return `${rest} failed`
  if (kind === 'after') return `after ${rest.split('.')[0]}`
  return type === 'xstate.init' ? 'init' : type
}
