import type { ParamsOf } from 'tomodachi/http'

/** Compiles only when both types are the same, optional keys included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

type Nothing = { [Name in never]: string }

same<ParamsOf<'/'>, Nothing>(true)
same<ParamsOf<'/orders/new'>, Nothing>(true)
same<ParamsOf<'/orders/:id'>, { id: string }>(true)
same<ParamsOf<'/orders/:id/items/:item'>, { id: string; item: string }>(true)
same<ParamsOf<'/v:major.:minor/x'>, { major: string; minor: string }>(true)
same<ParamsOf<'/:from-:to'>, { from: string; to: string }>(true)

same<ParamsOf<'/:id(^\\d+$)'>, { id: string }>(true)
same<ParamsOf<'/:id(^(?:a|b\\))$)/:item'>, { id: string; item: string }>(true)
same<ParamsOf<'/:hour(^\\d{2})h:minute(^\\d{2})m'>, { hour: string; minute: string }>(true)

same<ParamsOf<'/orders/:id?'>, { id?: string }>(true)
same<ParamsOf<'/orders/:id?/'>, { id?: string }>(true)
same<ParamsOf<'/:shop/orders/:id?'>, { shop: string; id?: string }>(true)
same<ParamsOf<'/:shop/:from-:to?'>, { shop: string; from?: string; to?: string }>(true)

same<ParamsOf<'/files/*'>, { '*': string }>(true)
same<ParamsOf<'/files*'>, { '*': string }>(true)
same<ParamsOf<'/:shop/files/*'>, { shop: string; '*': string }>(true)
same<ParamsOf<'/:name-*'>, { name: string }>(true)

same<ParamsOf<'/a::b'>, Nothing>(true)
same<ParamsOf<'/a::b/:c'>, { c: string }>(true)
same<ParamsOf<'/:a/c' | '/:b/c'>, { a: string } | { b: string }>(true)

same<ParamsOf<string>, Record<string, string>>(true)
same<ParamsOf<RegExp>, Record<string, string>>(true)

declare const order: ParamsOf<'/orders/:id/:page?'>
order.id satisfies string
// @ts-expect-error an optional param may be absent
order.page satisfies string
// @ts-expect-error the path has no such param
order.item
// @ts-expect-error a RegExp group may be absent
;(({}) as ParamsOf<RegExp>).year satisfies string
