// Lessons in the page: strokes, steps, and the model that they make.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inflate as inflateZlib } from 'node:zlib'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { readLesson } from '../../web/src/teach/lesson_file.ts'
import { until } from './browser.ts'
import { chosen, expectAsInNode, problem, SAMPLE, settled, shares, textOf } from './page_state.ts'
import { usePage } from './use_page.ts'

const inflate = (data: Uint8Array, maxOutputLength: number): Promise<Uint8Array> =>
  promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateZlib)(data, { maxOutputLength })

/** Until a training is done, on a software GPU that others use too. */
const LONG = 600_000

/** The panel is shown once it is loaded. */
async function openTeach(page: Page): Promise<void> {
  await page.click('#teach-tab')
  await page.locator('#strokes').waitFor()
}

/** Drags the pointer along points of the picture, in shares of its width and height. */
async function strokesOn(page: Page) {
  const box = (await page.locator('#strokes').boundingBox())!
  return async (...points: [x: number, y: number][]) => {
    const [first, ...rest] = points.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const)
    await page.mouse.move(...first)
    await page.mouse.down()
    for (const point of rest) await page.mouse.move(...point, { steps: 5 })
    await page.mouse.up()
  }
}

/** The number of painted pixels that the page tells. */
const painted = async (page: Page) => Number((await textOf(page, 'painted'))!.replace(/\D/g, ''))

/** The colours of the strokes' canvas at points of the picture. */
const coloursAt = (page: Page, points: [x: number, y: number][]) =>
  page.evaluate(shares => {
    const canvas = document.getElementById('strokes') as HTMLCanvasElement
    const context = canvas.getContext('2d')!
    return shares.map(([x, y]) =>
      [...context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data].join(),
    )
  }, points)

describe('lessons in the page', () => {
  const { openSample } = usePage()
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrous-page-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('learns a class from strokes, undoes it, and saves a checkpoint that Node segments with alike', async () => {
    const page = await openSample({ viewport: { width: 1200, height: 900 } })
    await openTeach(page)
    await page.click('#train')
    expect(await problem(page)).to.equal('there is nothing to learn: paint a stroke first')
    const [button, message] = await Promise.all(
      ['#train', '#problem'].map(id => page.locator(id).boundingBox()),
    )
    expect(message!.y - button!.y - button!.height).to.be.within(0, 40)
    await page.fill('#new-class', 'floor')
    await page.click('#add-class button')
    await until(page, () => (document.getElementById('class') as HTMLSelectElement).options.length === 7)
    const stroke = await strokesOn(page)
    await stroke([0.05, 0.85], [0.5, 0.93], [0.95, 0.85])
    await stroke([0.1, 0.65], [0.2, 0.75])
    await page.selectOption('#class', { label: 'background' })
    await stroke([0.1, 0.08], [0.9, 0.08])
    await page.click('#train')
    await until(page, () => /^Step 40 of 40/.test(document.getElementById('loss')!.textContent!), LONG)
    await page.locator('#undo:enabled').waitFor()
    expect(await settled(page)).to.equal('')
    expect((await shares(page)).floor).to.be.within(20, 55)
    expect((await shares(page)).ring).to.be.above(2)
    expect(await textOf(page, 'score')).to.match(
      /^Nothing was held back: a check takes five separate strokes/,
    )

    const downloads: Promise<unknown>[] = []
    page.on('download', download => {
      downloads.push(download.saveAs(join(folder, 'taught', download.suggestedFilename())))
    })
    await page.click('#export-tab')
    await page.click('#save-model')
    while (downloads.length < 2) await page.waitForTimeout(100)
    await Promise.all(downloads)
    await expectAsInNode(page, join(folder, 'taught'))

    await openTeach(page)
    await page.click('#undo')
    await until(page, () => !document.getElementById('canvas')!.getAttribute('aria-label')!.includes('floor'))
    expect(await settled(page)).to.equal('')

    await page.click('#view-tab')
    const files = ['model.safetensors', 'config.json'].map(name => join(folder, 'taught', name))
    await page.setInputFiles('#model-files', files)
    await page.locator('#cancel-model').waitFor({ state: 'hidden' })
    expect(await settled(page)).to.equal('')
    expect(await chosen(page)).to.equal('model.safetensors, config.json')
    expect((await shares(page)).floor).to.be.within(20, 55)
    await page.selectOption('#model', 'scenes')
    await until(page, () => !document.getElementById('canvas')!.getAttribute('aria-label')!.includes('floor'))
    expect(await chosen(page)).to.equal('scenes')
  })

  it('paints by keyboard', async () => {
    const page = await openSample()
    expect(await page.locator('#strokes').isVisible()).to.equal(false)
    await openTeach(page)
    await page.focus('#strokes')
    await page.keyboard.press(' ')
    for (let i = 0; i < 5; i++) await page.keyboard.press('Shift+ArrowRight')
    const painted = await page.evaluate(() => {
      const canvas = document.getElementById('strokes') as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return data.filter((alpha, i) => i % 4 === 3 && alpha === 255).length
    })
    expect(painted).to.be.above(300)
    await page.check('#look')
    expect(await page.locator('#strokes').isVisible()).to.equal(false)
  })

  it('paints, erases and fills, undoes stroke by stroke, and makes strokes of the mask to be mended', async () => {
    const page = await openSample({ viewport: { width: 1200, height: 900 } })
    await openTeach(page)
    const stroke = await strokesOn(page)
    const amounts = [await painted(page)]
    const add = async () => amounts.push(await painted(page))
    await stroke([0.2, 0.9], [0.8, 0.9])
    await add()
    await page.check('#tool-eraser')
    await stroke([0.5, 0.8], [0.5, 0.99])
    await add()
    await page.selectOption('#class', { label: 'sphere' })
    await page.check('#tool-rectangle')
    await stroke([0.1, 0.1], [0.2, 0.2])
    await add()
    await page.check('#tool-fill')
    await page.fill('#tolerance', '60')
    await stroke([0.95, 0.4]) // the striped sphere
    await add()
    expect(amounts[1]).to.be.within(4000, 8000)
    expect(amounts[1] - amounts[2]).to.be.within(80, 400)
    expect(amounts[3] - amounts[2]).to.be.within(63 * 47, 65 * 49)
    expect(amounts[4] - amounts[3]).to.be.within(5000, 30_000)
    for (const amount of [amounts[3], amounts[2]]) {
      await page.keyboard.press('Control+z')
      expect(await painted(page)).to.equal(amount)
    }
    await page.click('#undo-stroke')
    expect(await painted(page)).to.equal(amounts[1])

    await page.check('#tool-class')
    await stroke([0.95, 0.4])
    await until(page, () => /[1-9]\d,\d{3} pixels/.test(document.getElementById('painted')!.textContent!))
    const sphere = await coloursAt(page, [
      [0.95, 0.4],
      [0.2, 0.4],
      [0.5, 0.2],
    ])
    expect(sphere[0]).to.equal(sphere[1])
    expect(sphere[2]).to.equal('0,0,0,0')
    await page.click('#copy-mask')
    await until(page, () => /^307,200 pixels/.test(document.getElementById('painted')!.textContent!))
    await page.click('#undo-stroke')
    await page.click('#undo-stroke')
    expect(await painted(page)).to.equal(amounts[1])

    await page.check('#show-heat')
    await page.locator('#paint-here').waitFor()
    expect(await textOf(page, 'heat-note')).to.match(/The mean is \d+ of 100/)
    await page.click('#view-tab')
    expect(await page.locator('#heat').isVisible()).to.equal(false)

    await page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['no lesson'], 'mine.zip'))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }))
    })
    expect(await problem(page)).to.equal('mine.zip: not a zip, or a damaged one')
  })

  it('marks taught photos, edits classes, and opens a saved lesson in a fresh page with its strokes and its model', async () => {
    const page = await openSample({ viewport: { width: 1200, height: 900 } })
    const second = join(folder, 'second.png')
    await sharp(SAMPLE).resize(320, 240).negate({ alpha: false }).png().toFile(second)
    await page.setInputFiles('#photo-files', second)
    expect(await settled(page)).to.equal('')
    await openTeach(page)
    const stroke = await strokesOn(page)
    await page.selectOption('#class', { label: 'cone' })
    await stroke([0.2, 0.9], [0.8, 0.9])
    const mark = page.locator('#photos button', { has: page.locator('img[alt="second.png"]') })
    const words = (await mark.getAttribute('title'))!
    expect(words).to.match(/^second\.png: [\d,]+ pixels painted$/)
    await page.locator('#photos img[alt="sample.png"]').click()
    await until(page, () => document.getElementById('painted')!.textContent === '')
    await (await strokesOn(page))([0.2, 0.5], [0.3, 0.5]) // the page may have scrolled
    expect(await settled(page)).to.equal('')

    await page.click('#teach-panel summary')
    await page.fill('[aria-label="Name of cone"]', 'tent')
    await page.keyboard.press('Enter')
    await until(page, () => document.querySelector('[aria-label="Name of tent"]') !== null)
    await page.fill('[aria-label="Name of box"]', 'tent')
    await page.keyboard.press('Enter')
    expect(await problem(page)).to.match(/tent/)
    expect(await page.inputValue('[aria-label="Name of box"]')).to.equal('box')
    await page.fill('[aria-label="Colour of tent"]', '#336699')
    await page.click('[aria-label="Remove cylinder"]')
    await until(page, () => document.querySelectorAll('#class-list li').length === 5)
    expect(await settled(page)).to.equal('')
    expect(await page.locator('#class option').allTextContents()).to.deep.equal([
      ...['background', 'box', 'sphere', 'tent', 'ring'],
    ])
    expect(await coloursAt(page, [[0.25, 0.5]])).to.deep.equal(['153,179,204,255'])

    const asked: string[] = []
    page.once('dialog', dialog => {
      asked.push(dialog.message())
      return dialog.dismiss()
    })
    await page.click('[aria-label="Remove tent"]')
    expect(asked).to.deep.equal(['Remove tent, and what is painted with it?'])
    const saved = await savedLesson(page, 'first.zip')
    const other = await openSample({ viewport: { width: 1200, height: 900 } })
    await openTeach(other)
    await other.setInputFiles('#lesson-file', join(folder, 'first.zip'))
    await until(other, () => document.querySelectorAll('#class-list li').length === 5)
    await until(other, () => document.getElementById('painted')!.textContent !== '')
    expect(await settled(other)).to.equal('')
    expect(await shares(other)).to.have.property('sphere')
    expect(await coloursAt(other, [[0.5, 0.9]])).to.deep.equal(['153,179,204,255'])
    const again = await savedLesson(other, 'again.zip')
    expect(again.classes).to.deep.equal(saved.classes)
    expect(again.settings).to.deep.equal(saved.settings)
    expect(again.photos.map(({ strokes }) => strokes)).to.deep.equal(
      saved.photos.map(({ strokes }) => strokes),
    )
    expect(again.photos.map(({ bytes }) => bytes)).to.deep.equal(saved.photos.map(({ bytes }) => bytes))
    expect([...again.model]).to.deep.equal([...saved.model])

    await other.setInputFiles('#lesson-file', second)
    expect(await problem(other)).to.equal('second.png: not a zip, or a damaged one')
  })

  async function savedLesson(page: Page, name: string) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-lesson')])
    await download.saveAs(join(folder, name))
    return readLesson(await readFile(join(folder, name)), { source: name, inflate })
  }

  it('measures on strokes that it held back from training (slow)', async () => {
    const page = await openSample({ viewport: { width: 1200, height: 900 } })
    await openTeach(page)
    await page.selectOption('#part', 'classifier')
    const stroke = await strokesOn(page)
    for (let i = 0; i < 5; i++) await stroke([0.1 + 0.15 * i, 0.1], [0.15 + 0.15 * i, 0.1])
    await page.selectOption('#class', { label: 'sphere' })
    for (let i = 0; i < 5; i++) await stroke([0.2, 0.28 + 0.05 * i])
    await page.click('#train')
    await until(page, () => document.getElementById('score')!.textContent !== '', LONG)
    expect(await textOf(page, 'score')).to.match(
      /^On 2 strokes held back from training \([\d,]+ pixels\): mean IoU \d+%: background \d+%, sphere \d+%\.$/,
    )
    expect(await settled(page)).to.equal('')
  })
})
