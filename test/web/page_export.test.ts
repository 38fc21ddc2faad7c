// What the page gives away and takes back: cut-outs, labels in other tools' formats, and the CRF before them.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { unzipSync } from 'fflate'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { until } from './browser.ts'
import { problem, SAMPLE, settled, shares } from './page_state.ts'
import { usePage } from './use_page.ts'

describe('the export panel of the page', () => {
  const { openSample } = usePage()
  let folder: string
  let small: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrous-page-'))
    small = join(folder, 'small.png')
    await sharp(SAMPLE).resize(160, 120).toFile(small)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function downloaded(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)])
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
  }

  async function openExport(): Promise<Page> {
    const page = await openSample()
    await page.click('#export-tab')
    await page.locator('#cut-out:enabled').waitFor()
    return page
  }

  it('cuts classes out, before a colour too, and says when none is chosen', async () => {
    const page = await openExport()
    const box = (name: string) => page.locator('#cutout-classes label', { hasText: name }).locator('input')
    expect(await box('background').isChecked()).to.equal(false)
    expect(await box('sphere').isChecked()).to.equal(true)
    await page.click('#cut-out')
    await page.locator('#save-cutout:enabled').waitFor()
    const { name, bytes } = await downloaded(page, '#save-cutout')
    expect(name).to.equal('sample.cutout.png')
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
    expect([info.width, info.height, info.channels]).to.deep.equal([640, 480, 4])
    const clear = data.filter((alpha, i) => i % 4 === 3 && alpha === 0).length / (640 * 480)
    expect(clear).to.be.within(0.5, 0.9)
    expect(data.some((alpha, i) => i % 4 === 3 && alpha > 50 && alpha < 200)).to.equal(true)

    await page.selectOption('#cutout-background', 'colour')
    await page.locator('#save-cutout:disabled').waitFor()
    await page.locator('#save-cutout:enabled').waitFor()
    const onColour = await sharp((await downloaded(page, '#save-cutout')).bytes)
      .raw()
      .toBuffer()
    expect([...onColour.subarray(0, 3)]).to.deep.equal([0x2b, 0x6c, 0xb0])

    for (const each of ['box', 'sphere', 'ring']) await box(each).uncheck()
    await page.click('#cut-out')
    expect(await problem(page)).to.equal('Choose a class to keep.')
  })

  it('gives labels away, of all photos as a dataset, and takes them back as strokes', async () => {
    const page = await openExport()
    await page.selectOption('#label-format', 'labelme')
    const { name, bytes } = await downloaded(page, '#save-mask')
    expect(name).to.equal('sample.json')
    const labels = JSON.parse(bytes.toString())
    expect(labels).to.include({ imagePath: 'sample.png', imageWidth: 640, imageHeight: 480 })
    const edited = join(folder, 'edited.json')
    const square = [
      [0, 0],
      [9, 0],
      [9, 9],
      [0, 9],
    ]
    const shape = { label: 'ring', points: square, shape_type: 'polygon' }
    await writeFile(edited, JSON.stringify({ ...labels, shapes: [...labels.shapes, shape] }))
    await page.setInputFiles('#label-file', edited)
    await page.locator('#teach-panel').waitFor()
    const alphas = await page.evaluate(() => {
      const canvas = document.getElementById('strokes') as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      const colour = (x: number, y: number) => [...data.subarray((y * 640 + x) * 4, (y * 640 + x) * 4 + 4)]
      return [colour(5, 5), colour(12, 5)]
    })
    expect(alphas[0]).to.not.deep.equal(alphas[1])

    await page.click('#export-tab')
    const wrong = join(folder, 'wrong.json')
    await writeFile(wrong, JSON.stringify({ ...labels, imageWidth: 20 }))
    await page.setInputFiles('#label-file', wrong)
    expect(await problem(page)).to.equal('wrong.json: labels of 20×480 pixels, and the photo has 640×480')

    await page.setInputFiles('#photo-files', small)
    expect(await settled(page)).to.equal('')
    await page.selectOption('#label-format', 'voc')
    const archive = await downloaded(page, '#save-all-labels')
    expect(archive.name).to.equal('labels.voc.zip')
    const files = unzipSync(archive.bytes)
    const stems = Buffer.from(files['ImageSets/Segmentation/all.txt']).toString().trim().split('\n')
    expect(stems).to.include.members(['sample', 'small'])
    expect(Object.keys(files)).to.have.members([
      ...['ImageSets/Segmentation/all.txt', 'classes.txt'],
      ...stems.flatMap(stem => [`JPEGImages/${stem}.jpg`, `SegmentationClass/${stem}.png`]),
    ])
  })

  it('says how long a CRF takes, shows how far it is, and goes on without it', async () => {
    const page = await openSample()
    await page.setInputFiles('#photo-files', small)
    await until(page, () => document.getElementById('canvas')!.getAttribute('width') === '160')
    expect(await settled(page)).to.equal('')
    const plain = await shares(page)
    await page.evaluate(() => {
      const progress = document.getElementById('progress')!
      const said: string[] = []
      Object.assign(window, { said })
      new MutationObserver(() => said.push(progress.textContent!)).observe(progress, { childList: true })
    })
    await page.selectOption('#crf', 'default')
    await until(page, () => document.getElementById('progress')!.textContent === '')
    expect(await settled(page)).to.equal('')
    const said = await page.evaluate(() => (window as unknown as { said: string[] }).said)
    const time = /^Edges by a CRF(:|,) (about \d+ s|less than a second) on this GPU/
    const [first] = said.filter(text => time.test(text))
    expect(first).to.match(/ on this GPU …$/)
    expect(said.some(text => /: 5 of 10 iterations …$/.test(text))).to.equal(true)
    expect(await page.locator('#crf-time').textContent()).to.match(
      /^A CRF takes .* on this GPU for this photo\.$/,
    )
    expect(await shares(page)).to.not.deep.equal(plain)

    await page.selectOption('#crf', 'v2')
    await page.click('#cancel-crf')
    expect(await settled(page)).to.equal('')
    expect(await page.locator('#crf').inputValue()).to.equal('')
    expect(await page.locator('#cancel-crf').isVisible()).to.equal(false)
    expect(await shares(page)).to.deep.equal(plain)
  })
})
