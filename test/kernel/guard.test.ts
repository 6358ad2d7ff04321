import { guard, type HandlerContext, type Next } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet } from './started.ts'
import { acked, through } from './through.ts'

const guarded = suite('guard')
guarded.before(quiet)

for (const [verdict, expected] of [
  [undefined, 'handled'],
  [true, 'handled'],
  [false, false],
  [null, null],
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
      use: [addUser, guard(({ user }: { user: string }) => user === 'ada')],
    }),
  )
  assert.equal(settlement, acked('ada'))
})

guarded.run()
