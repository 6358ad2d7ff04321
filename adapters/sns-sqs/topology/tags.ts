/** Tags by name. */
export type Tags = Readonly<Record<string, string>>

/** A tag as SNS writes it. */
export interface Tag {
  readonly Key: string
  readonly Value: string
}

/** Tags as SNS writes them. */
export function tagList(tags: Tags = {}): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** The tags that are not present with the same value. */
export function differing(wanted: Tags, present: Tags): Tags {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => present[name] !== value))
}
