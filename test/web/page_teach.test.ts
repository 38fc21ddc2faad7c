// Lessons in the page: strokes, steps, and the model that they make.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { until } from './browser.ts'
import { chosen, expectAsInNode, problem, settled, shares } from './page_state.ts'
import { usePage } from './use_page.ts'

describe('lessons in the page', () => {
  const { openSample } = usePage()
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrous-page-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('learns a class from strokes, undoes it, and saves a checkpoint that Node segments with alike', async () => {
    const page = await openSample({ viewport: { width: 1200, height: 900 } })
    await page.click('#teach-tab')
    await page.click('#train')
    expect(await problem(page)).to.equal('there is nothing to learn: paint a stroke first')
    const [button, message] = await Promise.all(
      ['#train', '#problem'].map(id => page.locator(id).boundingBox()),
    )
    expect(message!.y - button!.y - button!.height).to.be.within(0, 40)
    await page.fill('#new-class', 'floor')
    await page.click('#add-class button')
    await until(page, () => (document.getElementById('class') as HTMLSelectElement).options.length === 7)
    const box = (await page.locator('#strokes').boundingBox())!
    const stroke = async (...points: [x: number, y: number][]) => {
      const [first, ...rest] = points.map(
        ([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const,
      )
      await page.mouse.move(...first)
      await page.mouse.down()
      for (const point of rest) await page.mouse.move(...point, { steps: 5 })
      await page.mouse.up()
    }
    await stroke([0.05, 0.85], [0.5, 0.93], [0.95, 0.85])
    await stroke([0.1, 0.65], [0.2, 0.75])
    await page.selectOption('#class', { label: 'background' })
    await stroke([0.1, 0.08], [0.9, 0.08])
    await page.click('#train')
    await until(page, () => /^Step 40 of 40/.test(document.getElementById('loss')!.textContent!))
    await page.locator('#undo:enabled').waitFor()
    expect(await settled(page)).to.equal('')
    expect((await shares(page)).floor).to.be.within(20, 55)
    expect((await shares(page)).ring).to.be.above(2)

    const downloads: Promise<unknown>[] = []
    page.on('download', download => {
      downloads.push(download.saveAs(join(folder, 'taught', download.suggestedFilename())))
    })
    await page.click('#export-tab')
    await page.click('#save-model')
    while (downloads.length < 2) await page.waitForTimeout(100)
    await Promise.all(downloads)
    await expectAsInNode(page, join(folder, 'taught'))

    await page.click('#teach-tab')
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
    await page.click('#teach-tab')
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
})
