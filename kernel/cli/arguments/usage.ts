import { type CommandName, type OptionName, optionOf, options } from './options.ts'

/** What the command line understands, for `--help`. Ends with a line feed. */
export function usage(): string {
  return `usage: tomodachi run [options] <file...>
       tomodachi check [options] <file...>
       tomodachi chart [options]
       tomodachi dlq ls [--json] <file...>
       tomodachi dlq show | redrive | discard [options] <file...> <queue>

run (or start): run the services that the files export until a signal stops them; logs go to stderr
${linesFor('run')}

check: connect what the services use, run and create nothing, and say what works and what does not
${linesFor('check')}

chart: draw the lifecycle that every service goes through, or another of the statecharts
${linesFor('chart')}

dlq: list, show, redrive or discard the messages in the dead-letter queues of the services
${linesFor('dlq')}

check and dlq
${linesFor('check', 'dlq')}

run, check and dlq
${linesFor('run', 'check', 'dlq')}

other options
${linesFor()}

signals: on SIGINT, SIGTERM or SIGHUP the process finishes its work and stops; a second signal ends it
at once; with workers, SIGHUP replaces them one by one, unless the terminal has closed

exit codes: 0 done, or stopped in order; 1 failed, could not start, or check found a fault; 2 wrong usage
`
}

/** The options that belong to exactly these commands. */
function linesFor(...commands: readonly CommandName[]): string {
  return (Object.keys(options) as OptionName[])
    .filter((name) => [optionOf(name).command ?? []].flat().join() === commands.join())
    .map(lineFor)
    .join('\n')
}

function lineFor(name: OptionName): string {
  const { short, value, variable, help, actions } = optionOf(name)
  const left = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`
  const only = actions ? `${actions.join(', ')}: ` : ''
  const line = `  ${left.padEnd(35)} ${only}${help}`
  return variable ? `${line}\n${' '.repeat(38)}also ${variable}` : line
}
