// What the page shows, for tests of it.

import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { DeepLab } from '../../src/node/index.ts'
import { until } from './browser.ts'

/** The photo with which the page opens. */
export const SAMPLE = fileURLToPath(new URL('../../web/sample.png', import.meta.url))

export const textOf = (page: Page, id: string) => page.locator(`#${id}`).textContent()
const label = (page: Page) => page.getAttribute('#canvas', 'aria-label')

/** Waits until the page does nothing more, and returns its problem, if it has one. */
export async function settled(page: Page): Promise<string> {
  const done = until(page, () => {
    const problem = document.getElementById('problem')!
    const isDrawn = document.getElementById('facts')!.textContent!.includes('Drawing')
    return !problem.hidden || (isDrawn && document.getElementById('progress')!.textContent === '')
  })
  await done.catch(async error => {
    const [progress, facts] = [await textOf(page, 'progress'), await textOf(page, 'facts')]
    throw new Error(`the page does not settle: progress "${progress}", facts "${facts}"`, { cause: error })
  })
  return (await page.locator('#problem').isVisible()) ? (await textOf(page, 'problem'))! : ''
}

/** Waits for a message of the page, and returns it. */
export async function problem(page: Page): Promise<string> {
  await page.locator('#problem').waitFor()
  return (await textOf(page, 'problem'))!
}

/** The name of the network that the page says it has. */
export const chosen = (page: Page) => page.locator('#model option:checked').textContent()

/** The share of each class, as the page's legend says it. */
export const shares = async (page: Page): Promise<Record<string, number>> =>
  Object.fromEntries(
    [...(await label(page))!.matchAll(/([a-z]+) ([\d.]+)%/g)].map(([, name, share]) => [name, Number(share)]),
  )

/** The classes are those that Node finds in the sample. The adapters may round differently at borders between classes. */
export async function expectAsInNode(page: Page, model: string): Promise<void> {
  const node = await DeepLab.load(model, { tune: 'off' })
  const { classes } = await node.segment(SAMPLE)
  await node.dispose()
  const found = await shares(page)
  expect(classes.length).to.be.above(3)
  for (const { name, share } of classes) expect(found[name] ?? 0).to.be.closeTo(100 * share, 0.15)
}
