import { guard, type HandlerContext, type Next, type TomodachiError } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet } from '../started.ts'
import { acked, through } from '../through.ts'

const guarded = suite('guard')
guarded.before(quiet)

for (const [verdict, expected] of [
  [undefined, 'handled'],
  [true, 'handled'],
  ['', ''],
  [
    [403, 'no'],
    [403, 'no'],
  ],
] as const) {
  guarded(`${JSON.stringify(verdict)} replies ${JSON.stringify(expected)}`, async () => {
    for (const condition of [() => verdict, async () => verdict]) {
      const settlement = await through((service, source) =>
        service.on(source, () => 'handled', { use: [guard(condition)] }),
      )
      assert.equal(settlement, acked(expected))
    }
  })
}

for (const verdict of [false, null]) {
  guarded(`${verdict} is not a reply: the error names the guard and says what to return`, async () => {
    const isAllowed = () => verdict
    const isAllowedLater = async () => verdict
    for (const [condition, name] of [
      [isAllowed, 'isAllowed'],
      [isAllowedLater, 'isAllowedLater'],
      [[isAllowed].map((condition) => () => condition())[0], 'guard'],
    ] as const) {
      const settlement = await through((service, source) =>
        service.on(source, () => 'handled', { use: [guard(condition as () => true)] }),
      )
      const { code, message } = (settlement as { readonly error: TomodachiError }).error
      assert.is(settlement.state, 'dropped')
      assert.is(code, 'GUARD_VERDICT')
      assert.is(
        message,
        `a guard (${name}) returned ${verdict}; return true or nothing to go on, or the reply: condition || [403, 'no']`,
      )
    }
  })
}

guarded('is given the context, and carries the name of its condition', async () => {
  const isSeven = ({ id }: { readonly id: number }) => id === 7 || 'not seven'
  assert.is(guard(isSeven).name, 'isSeven')
  assert.is(guard(() => true).name, 'guard')
  const settlement = await through((service, source) =>
    service.on(source, () => 'seven', { use: [guard(isSeven)] }),
  )
  assert.equal(settlement, acked('seven'))
})

guarded('beside middleware in one list, the handler sees what they add', async () => {
  const addUser = async (_: HandlerContext, next: Next) => next({ user: 'ada' })
  const settlement = await through((service, source) =>
    service.on(source, ({ user }) => user, {
      use: [addUser, guard(({ user }: { user: string }) => user === 'ada' || 'no')],
    }),
  )
  assert.equal(settlement, acked('ada'))
})

guarded.run()
