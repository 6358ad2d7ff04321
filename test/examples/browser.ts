import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const path = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Chromium's own traffic would only be refused where tests run. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
]

/**
 * Whether there is a browser: that of CHROMIUM, or Debian's, which is installed when we may. In CI there must be one.
 */
export function hasBrowser(): boolean {
  if (existsSync(path)) return true
  const isRootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version')
  if (isRootOnDebian) {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' })
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: 'ignore',
    })
    return true
  }
  if (process.env.CI) throw new Error('there is no Chromium: install it, or set CHROMIUM to its path')
  return false
}

/** Starts it, without a window. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: quiet })
}
