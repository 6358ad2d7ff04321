import type { OptionShape, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  flag,
  lineOfText,
  optionalOptions,
  optionShape,
  required,
  size,
} from '../../../kernel/adapter-kit.ts'
import type { Size } from '../../../kernel/index.ts'

/** Where payloads go that are too large for SNS and SQS, as in the Amazon SQS Extended Client Library. */
export interface LargePayloads {
  /** A bucket of S3 that exists. Payloads of messages from others are read from the bucket that they name. */
  readonly bucket: string
  /** What the keys of the objects begin with. A random UUID follows. Default none. */
  readonly keyPrefix?: string | undefined
  /** Messages that are larger, with their attributes, have their payload in S3. At most 256 KB, which SNS takes. Default `256KB`. */
  readonly threshold?: Size | undefined
  /**
   * Whether an object of `bucket` whose key begins with `keyPrefix` is deleted after its message was handled and
   * deleted. A sender can name any such object. Set it only if one queue gets the message. Objects of dead letters stay.
   * Default `false`.
   */
  readonly deleteHandled?: boolean | undefined
}

// The rest of the rules for names is for S3 to apply: they have changed over time.
const bucketOption = optionShape<string | undefined>(undefined, 'the name or ARN of a bucket', (value) =>
  typeof value === 'string' && /^(arn:\S+|[\w.-]+)$/.test(value) ? value : undefined,
)

const shapes = {
  bucket: required(bucketOption),
  keyPrefix: lineOfText('', { empty: true }),
  threshold: size('256KB', { most: '256KB' }),
  deleteHandled: flag(false),
} satisfies ShapesOf<LargePayloads>

/** The shape of the option `largePayloads`. */
export const largePayloadsOption = optionalOptions(shapes)

/** The option, checked. The threshold is in bytes. */
export type ResolvedLargePayloads = NonNullable<
  typeof largePayloadsOption extends OptionShape<infer Value> ? Value : never
>
