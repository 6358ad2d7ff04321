/** Turns a topic pattern into a Lua pattern. It matches topics in which each word stands between the bytes 1 and 2. */
export function luaPattern(pattern: string): string {
  const word = (text: string) => (text === '*' ? '[^\x02]*' : text.replace(/\W/gu, '%$&'))
  const words = pattern.split('.').map((text) => (text === '#' ? '.*' : `\x01${word(text)}\x02`))
  return `^${words.join('')}$`
}
