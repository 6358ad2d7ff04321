import { type OptionShape, optionShape } from '../../../kernel/adapter-kit.ts'

/** Most bytes of a name, a routing key and a property of text (AMQP 0-9-1, short strings). */
export const longestShort = 255

/** Text of at most 255 bytes on one line, as AMQP has it for names, keys and properties. */
export function shortText<Standard extends string | undefined>(
  standard: Standard,
  { empty = false, most = longestShort }: { readonly empty?: boolean; readonly most?: number } = {},
): OptionShape<string | Standard> {
  const expected = `text of at most ${most} bytes on one line${empty ? '' : ', not empty'}`
  return optionShape<string | Standard>(standard, expected, (value) => {
    const fits =
      typeof value === 'string' &&
      !/[\r\n\0]/.test(value) &&
      (empty || value.trim() !== '') &&
      isShort(value, most)
    return fits ? value : undefined
  })
}

/** Whether it fits into a short string. */
export function isShort(text: string, most = longestShort): boolean {
  return text.length <= most && Buffer.byteLength(text) <= most
}
