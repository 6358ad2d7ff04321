import { type CommandName, type OptionName, optionOf, options } from './options.ts'

/** What the command line understands, for `--help`. Ends with a line feed. */
export function usage(): string {
  return `usage: tomodachi run [options] <file...>
       tomodachi chart [--format <format>]
       tomodachi dlq ls [--json] <file...>
       tomodachi dlq show | redrive | discard [options] <file...> <queue>

run (or start): run the services that the files export, until a signal stops them; logs go to stderr
${linesFor('run')}

chart: draw the lifecycle that every service goes through
${linesFor('chart')}

dlq: list, look at, put back or remove what was set aside in the dead-letter queues of the services
${linesFor('dlq')}

run and dlq
${linesFor('run', 'dlq')}

other options
${linesFor()}

signals: SIGINT, SIGTERM and SIGHUP finish what is under way and stop, a second one ends at once;
with workers, SIGHUP replaces them one by one, unless the terminal has closed

exit codes: 0 stopped in order or done, 1 could not start or failed, 2 wrong usage
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
