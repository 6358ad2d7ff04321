import { and, createMachine, not } from 'xstate'

/** A connection that comes back: nested states, arrows that lead back, delays, a condition. */
export const connection = createMachine({
  id: 'connection',
  initial: 'disconnected',
  on: { close: '.closed' },
  states: {
    disconnected: { on: { connect: 'connecting' } },
    connecting: {
      invoke: { id: 'open', src: 'open', onDone: 'connected', onError: 'waiting' },
      after: { 30000: 'waiting' },
    },
    connected: {
      initial: 'declaring',
      on: { lost: 'waiting', restart: '.declaring' },
      states: {
        declaring: { invoke: { src: 'declare', onDone: 'consuming', onError: '#connection.waiting' } },
        consuming: { on: { blocked: 'blocked', again: '#connection.connected' } },
        blocked: { on: { unblocked: 'consuming', ping: {} } },
      },
    },
    waiting: {
      after: { backoff: 'connecting', 250: 'disconnected' },
      always: { guard: 'givenUp', target: 'closed' },
    },
    closed: { type: 'final' },
  },
})

/** Two regions in a state, and a way out when both have ended. */
export const player = createMachine({
  id: 'player',
  initial: 'off',
  states: {
    off: { on: { on: 'playing' } },
    playing: {
      type: 'parallel',
      onDone: 'ended',
      states: {
        track: { initial: 'paused', states: { paused: { on: { play: 'over' } }, over: { type: 'final' } } },
        volume: {
          initial: 'normal',
          states: { normal: { on: { mute: 'muted' } }, muted: { type: 'final' } },
        },
      },
    },
    ended: { type: 'final' },
  },
})

/** Names that Mermaid cannot take as they are, one of them twice. */
export const names = createMachine({
  id: 'names',
  initial: 'note',
  states: {
    note: {
      initial: 'wait',
      states: { wait: {}, before: { type: 'history' } },
      on: { 'a:b; "c" <&>': 'über' },
    },
    über: {
      initial: 'wait',
      states: { wait: { on: { '*': { guard: and(['ready', not('busy')]), target: '#names.note.before' } } } },
    },
  },
})

/** A picture whose boxes the terminal renderer would draw around `b`. */
export const tangled = createMachine({
  id: 'tangled',
  initial: 'a',
  states: {
    a: { on: { x: 'b', y: 'c' } },
    b: { on: { x: 'c.two' } },
    c: { initial: 'one', states: { one: {}, two: {} } },
  },
})
