// An engine in a page, in a browser of its own: so nobody else's memory or compiled shaders are in its GPU process.

import { type Browser, chromium, type Page } from 'playwright-core'
import { UserError } from '../../src/errors.ts'
import { chromiumPath, FLAGS } from '../../test/web/browser.ts'
import { processesOf, processorMilliseconds, residentBytes } from '../../test/web/processes.ts'
import type { Run } from './pages/page.ts'

export interface MeasuredRun extends Run {
  /** The CPU time over all cores. On a software adapter that is the cost of a run, independent of other load on the machine. */
  processorMilliseconds: number
}

export class EnginePage {
  readonly #browser: Browser
  readonly #page: Page

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser
    this.#page = page
  }

  static async open(): Promise<EnginePage> {
    const executablePath = chromiumPath()
    if (!executablePath) throw new UserError('there is no Chromium; apt install chromium')
    const browser = await chromium.launch({ executablePath, args: FLAGS })
    return new EnginePage(browser, await browser.newPage())
  }

  /** Loads an engine's page. Returns its first run, whose time is from the start of the navigation. */
  async start(url: string): Promise<Run> {
    await this.#page.goto(url)
    return this.#page.evaluate(() => window.firstRun)
  }

  async run(): Promise<MeasuredRun> {
    const pids = await processesOf(this.#browser)
    const used = processorMilliseconds(pids)
    const run = await this.#page.evaluate(() => window.run())
    return { ...run, processorMilliseconds: processorMilliseconds(pids) - used }
  }

  async memoryBytes(): Promise<number> {
    return residentBytes(await processesOf(this.#browser))
  }

  close(): Promise<void> {
    return this.#browser.close()
  }

  version(): string {
    return this.#browser.version()
  }
}
