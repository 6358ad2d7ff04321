import { errorTable } from '../error-table.ts'
import { withOptionTables } from './option-table.ts'

const errorsPlace = /(?<=<!-- errors -->\n\n).*?\n?(?=<!-- end of errors -->)/s

/** A document with the tables that are made of the code as they have to be. */
export async function generated(text: string): Promise<string> {
  const table = await errorTable()
  return withOptionTables(text).replace(errorsPlace, () => `${table}\n`)
}
