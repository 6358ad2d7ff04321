// time limit: 240 s
// node: 24 only
// coverage: none
import type { Browser, Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasBrowser, openBrowser } from './browser.ts'
import { withExample } from './example.ts'

/** The pages of the examples, in a real browser. */
const test = suite<{ browser: Browser }>('example pages')
const inBrowser = hasBrowser() ? test : test.skip

test.before(async (context) => {
  if (hasBrowser()) context.browser = await openBrowser()
})

test.after(async (context) => {
  await context.browser?.close()
})

const errors: string[] = []

test.after.each(() => {
  assert.equal(errors.splice(0), [])
})

/** Opens a page; its errors fail the test. */
async function open(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  return page
}

inBrowser('the chat shows what others in the room say, and when they leave', async ({ browser }) => {
  await withExample('07-chat.ts', async (url) => {
    const ada = await open(browser, `${url}/chat/garden`)
    const bob = await open(browser, `${url}/chat/garden`)
    const eve = await open(browser, `${url}/chat/cellar`)
    const say = async (page: Page, text: string) => {
      await page.fill('input', text)
      await page.click('button')
    }
    await say(ada, 'Ada')
    await bob.getByText('Adais here').waitFor()
    await say(ada, 'Hello <b>there</b>')
    await bob.getByText('Hello <b>there</b>').waitFor()
    await ada.close()
    await bob.getByText('has left').waitFor()
    assert.is((await eve.textContent('#log'))?.includes('Ada'), false)
  })
})

inBrowser('the orders page shows what becomes of an order', async ({ browser }) => {
  await withExample('02-orders.ts', async (url) => {
    const page = await open(browser, url)
    await page.fill('[name=item]', 'lamp')
    await page.click('button')
    await page.getByRole('cell', { name: 'reserved' }).waitFor()
    assert.is(await page.textContent('tbody tr'), 'lamp1reserved2')
    await page.fill('[name=item]', 'unobtainium')
    await page.click('button')
    await page.getByRole('cell', { name: 'set aside' }).waitFor()
    await page.getByText('2 orders, 0 of them waiting').waitFor()
  })
})

inBrowser('the page of files uploads and lists', async ({ browser }) => {
  await withExample('06-files.ts', async (url) => {
    const page = await open(browser, url)
    await page.setInputFiles('input', {
      name: 'note.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('a note'),
    })
    await page.click('button')
    const link = page.getByRole('link', { name: 'note.txt' })
    await link.waitFor()
    await link.click()
    await page.getByText('a note').waitFor()
  })
})

test.run()
