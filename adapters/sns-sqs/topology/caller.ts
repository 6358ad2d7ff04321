import type { Aws } from '../client/sdk.ts'
import { parseArn } from '../wire/names.ts'

/** Whose the credentials are. */
export interface Identity {
  readonly partition: string
  readonly account: string
}

/** The account of the credentials; it is asked for once. */
export class Caller {
  readonly #aws: Aws
  #identity: Promise<Identity> | undefined

  constructor(aws: Aws) {
    this.#aws = aws
  }

  identity(): Promise<Identity> {
    this.#identity ??= this.#ask()
    return this.#identity
  }

  async #ask(): Promise<Identity> {
    try {
      const { Account: account = '', Arn = '' } = await this.#aws.sts.getCallerIdentity({})
      return { partition: parseArn(Arn)?.partition ?? 'aws', account }
    } catch (error) {
      // After a failure the next caller tries again.
      this.#identity = undefined
      throw error
    }
  }
}
