/**
 * What a path captured, by name, percent-decoded. The object has no prototype, so no name can be mistaken for a
 * method of Object. A wildcard is `'*'`.
 */
export type Params = Readonly<Record<string, string>>

/**
 * The params of a path, read from its literal type: `'/orders/:id/files/*'` gives `{ id: string; '*': string }`, and an
 * optional last parameter (`'/:page?'`) gives an optional key. A path that is only known as `string` gives a record of
 * strings. So does a RegExp, because TypeScript does not see its named groups.
 */
export type ParamsOf<Path extends string | RegExp> = Path extends string
  ? string extends Path
    ? Record<string, string>
    : Simplify<OfPattern<Path>>
  : Record<string, string>

/** What a handler is given when a group's prefix, with the params `Prefix`, stands in front of its path. */
export type Behind<Prefix, Given> = {
  readonly [Key in keyof Given]: Key extends 'params' ? Simplify<Prefix & Given[Key]> : Given[Key]
}

/** Makes editors show the keys instead of how they were computed. */
type Simplify<Value> = { [Key in keyof Value]: Value[Key] } & unknown

type OfPattern<Path extends string> =
  OptionalSplit<Path> extends [infer Head extends string, infer Last extends string]
    ? Named<NamesOf<Head>> & Partial<Named<NamesOf<Last>>>
    : Named<NamesOf<Path>>

type Named<Names extends string> = { [Name in Names]: string }

/** `[before, last segment]` where the last segment is optional, else null. */
type OptionalSplit<Path extends string> = Path extends `${infer Start}?` | `${infer Start}?/`
  ? LastSegment<Start> extends [infer Head, `:${infer Last}`]
    ? Last extends `${string}(${string}` | `${string})${string}`
      ? null
      : [Head, `:${Last}`]
    : null
  : null

type LastSegment<
  Path extends string,
  Head extends string = '',
> = Path extends `${infer Segment}/${infer Rest}` ? LastSegment<Rest, `${Head}${Segment}/`> : [Head, Path]

/** The names in a pattern. `InSegment` says that the text stands behind a parameter of the same segment. */
type NamesOf<
  Path extends string,
  InSegment extends boolean = false,
> = Path extends `${infer Text}:${infer Rest}`
  ? Rest extends `:${infer Escaped}`
    ? NamesOf<Escaped, BehindParameter<Text, InSegment>>
    : NamesAfterName<TakeName<Rest>>
  : Wildcard<Path, InSegment>

type NamesAfterName<Taken extends [string, string]> = Taken[1] extends `(${infer Rest}`
  ? Taken[0] | NamesOf<SkipExpression<Rest>, true>
  : Taken[0] | NamesOf<Taken[1], true>

type BehindParameter<Text extends string, InSegment extends boolean> = Text extends `${string}/${string}`
  ? false
  : InSegment

type Wildcard<Text extends string, InSegment extends boolean> = Text extends `${string}*`
  ? BehindParameter<Text, InSegment> extends true
    ? never
    : '*'
  : never

/** `[name, rest]`: a name ends where find-my-way ends it. */
type TakeName<Text extends string, Name extends string = ''> = Text extends `${infer Char}${infer Rest}`
  ? Char extends '(' | '-' | '.' | '/'
    ? [Name, Text]
    : TakeName<Rest, `${Name}${Char}`>
  : [Name, '']

/** What follows the parenthesis that closes the expression in front; `Depth` counts the open ones. */
type SkipExpression<
  Text extends string,
  Depth extends unknown[] = [],
> = Text extends `\\${string}${infer Rest}`
  ? SkipExpression<Rest, Depth>
  : Text extends `(${infer Rest}`
    ? SkipExpression<Rest, [...Depth, 0]>
    : Text extends `)${infer Rest}`
      ? Depth extends [unknown, ...infer Outer]
        ? SkipExpression<Rest, Outer>
        : Rest
      : Text extends `${string}${infer Rest}`
        ? SkipExpression<Rest, Depth>
        : ''
