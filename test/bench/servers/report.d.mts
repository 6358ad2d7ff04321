export function report(facts: object, own?: Readonly<Record<string, (value: unknown) => unknown>>): void
