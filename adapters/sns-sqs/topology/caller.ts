import type { Aws } from '../client/sdk.ts'
import { parseArn } from '../wire/names.ts'
import { AskedOnce } from './asked-once.ts'

/** Whose the credentials are. */
export interface Identity {
  readonly partition: string
  readonly account: string
}

/** The account of the credentials. */
export class Caller {
  readonly #aws: Aws
  readonly #identity = new AskedOnce<Identity>()

  constructor(aws: Aws) {
    this.#aws = aws
  }

  identity(): Promise<Identity> {
    return this.#identity.get('', async () => {
      const { Account: account = '', Arn = '' } = await this.#aws.sts.getCallerIdentity({})
      return { partition: parseArn(Arn)?.partition ?? 'aws', account }
    })
  }
}
