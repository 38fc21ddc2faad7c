// The page, built and served as static files: what a user does there, and what it says when something is wrong. The camera and the lessons
// have files of their own.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import sharp from 'sharp'
import { flagName, REFINED_NAMES } from '../../src/inference/option_texts.ts'
import { until } from './browser.ts'
import { chosen, expectAsInNode, problem, SAMPLE, settled, shares, textOf } from './page_state.ts'
import { usePage } from './use_page.ts'

const ROOT = new URL('../../', import.meta.url)
const file = (path: string) => fileURLToPath(new URL(path, ROOT))
const AXE = readFileSync(file('node_modules/axe-core/axe.min.js'), 'utf8')

/** Lets a test lose the devices that the page opens. */
const HOLD_DEVICES = `globalThis.devices = []
const { requestDevice } = GPUAdapter.prototype
GPUAdapter.prototype.requestDevice = async function (...options) {
  devices.push(await requestDevice.apply(this, options))
  return devices.at(-1)
}
`

/** Lets a test answer each request for memory as a GPU without any. */
const SHORT_MEMORY = `const { pushErrorScope, popErrorScope } = GPUDevice.prototype
const filters = []
GPUDevice.prototype.pushErrorScope = function (filter) {
  filters.push(filter)
  pushErrorScope.call(this, filter)
}
GPUDevice.prototype.popErrorScope = async function () {
  const isShort = filters.pop() === 'out-of-memory' && globalThis.isShort
  const found = await popErrorScope.call(this)
  return isShort ? new GPUOutOfMemoryError('no memory') : found
}
`

declare global {
  interface Window {
    isShort: boolean
    devices: GPUDevice[]
    axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
  }
}

describe('the page', () => {
  const { open, openSample } = usePage()
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrous-page-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('segments the sample as Node does, with a name for the adapter, times and memory', async () => {
    const page = await openSample()
    await expectAsInNode(page, 'scenes')
    expect(await textOf(page, 'facts')).to.match(
      /Adaptergoogle, swiftshader \(software\).*Network\d+.*Memory\d+ MB/,
    )
  })

  it('loads at most 125 kB at first, besides pictures and the model', () => {
    const built = (path: string) => readFileSync(file(`out/page/${path}`))
    const loaded = built('index.html')
      .toString()
      .matchAll(/assets\/[^"]+\.(?:js|css)/g)
    const sizes = [...new Set([...loaded].map(([path]) => path))].map(path => gzipSync(built(path)).length)
    expect(sizes.length).to.be.above(10)
    expect(sizes.reduce((sum, size) => sum + size)).to.be.at.most(125_000)
  })

  it('hides a class, shows the photo alone beside it, and tells the class under the pointer', async () => {
    const page = await openSample()
    const pixel = () =>
      page.evaluate(() => {
        const canvas = document.getElementById('canvas') as HTMLCanvasElement
        return [...canvas.getContext('2d')!.getImageData(100, 160, 1, 1).data]
      })
    const tinted = await pixel()
    const sphere = page.locator('#legend label', { hasText: 'sphere' }).locator('input')
    await sphere.uncheck()
    await page.waitForTimeout(500)
    const alone = await pixel()
    const [photo] = [
      ...(await sharp(SAMPLE).extract({ left: 100, top: 160, width: 1, height: 1 }).raw().toBuffer()),
    ]
    expect(alone[0]).to.equal(photo)
    expect(tinted).not.to.deep.equal(alone)
    await sphere.check()
    await page.locator('#split').fill('50')
    await page.waitForTimeout(500)
    expect(await pixel()).to.deep.equal(alone)
    const box = (await page.locator('#canvas').boundingBox())!
    const scale = Math.min(box.width / 640, box.height / 480) // the picture is in the middle of its element
    const left = box.x + (box.width - 640 * scale) / 2
    await page.mouse.move(left + 100 * scale, box.y + 160 * scale)
    await until(page, () => document.getElementById('pointed')!.textContent === 'sphere')
  })

  it('says so when the memory is short, and goes on with what fits', async () => {
    const page = await openSample({ before: SHORT_MEMORY })
    const before = await shares(page)
    await page.evaluate(() => {
      window.isShort = true
    })
    await page.selectOption('#output-stride', '8')
    expect(await settled(page)).to.match(/^\w+: the GPU has no room for [\d.]+ MiB$/)
    await page.evaluate(() => {
      window.isShort = false
    })
    await page.selectOption('#output-stride', '16')
    expect(await settled(page)).to.equal('')
    expect(await shares(page)).to.deep.equal(before)
  })

  it('has a control for each option that its network takes, and names one with a wrong value', async () => {
    const page = await openSample()
    for (const name of REFINED_NAMES)
      expect(await page.locator(`#options #${flagName(name)}`).count(), name).to.equal(1)
    expect(await page.locator('#output-stride option').allTextContents()).to.deep.equal([
      ...['8 (finest, slowest)', '16', '32 (coarsest, fastest)'],
    ])
    await page.click('#options summary')
    await page.fill('#size', '0')
    await page.press('#size', 'Enter')
    expect(await settled(page)).to.equal('Size: expected a number of pixels from 1 to 16384')
    await page.fill('#size', '65')
    await page.press('#size', 'Enter')
    expect(await settled(page)).to.equal('')
  })

  it('segments in tiles, and says what is wrong with them', async () => {
    const page = await openSample()
    const whole = await shares(page)
    await page.click('#options summary')
    await page.fill('#tile', '385')
    await page.press('#tile', 'Enter')
    expect(await settled(page)).to.equal('')
    expect(await shares(page)).to.not.deep.equal(whole)
    await page.fill('#tile', '')
    await page.fill('#overlap', '0.5')
    await page.press('#overlap', 'Enter')
    expect(await settled(page)).to.equal('overlap: expected tile with it')
  })

  it('says so without WebGPU', async () => {
    const page = await open({ before: "Object.defineProperty(navigator, 'gpu', { value: undefined })" })
    expect(await problem(page)).to.match(/^no WebGPU in this browser/)
  })

  it('refuses files that are no model, and keeps the one it has', async () => {
    const page = await openSample()
    const wrong = join(folder, 'model.safetensors')
    await writeFile(wrong, 'this is no checkpoint')
    await page.setInputFiles('#model-files', wrong)
    expect(await problem(page)).to.match(/^model\.safetensors/)
    await until(page, () => (document.getElementById('model') as HTMLSelectElement).value === 'scenes')
    await page.check('#flip')
    expect(await settled(page)).to.equal('')
    expect((await shares(page)).ring).to.be.above(1)
  })

  it('takes a photo of 50 megapixels (slow)', async () => {
    const large = join(folder, 'large.jpg')
    await sharp(SAMPLE).resize(8192, 6144, { kernel: 'nearest' }).jpeg().toFile(large)
    const page = await openSample()
    await page.setInputFiles('#photo-files', large)
    expect(await settled(page)).to.equal('')
    expect((await shares(page)).ring).to.be.closeTo(7.5, 1)
  })

  it('goes on after its GPU was lost', async () => {
    const page = await openSample({ before: HOLD_DEVICES })
    const before = await shares(page)
    await page.evaluate(() => window.devices.at(-1)!.destroy())
    await page.selectOption('#output-stride', '8')
    expect(await settled(page)).to.equal('')
    await page.selectOption('#output-stride', '16')
    expect(await settled(page)).to.equal('')
    expect(await shares(page)).to.deep.equal(before)
    expect(await page.evaluate(() => window.devices.length)).to.equal(2)
  })

  it('offers the network for photos, opens with it on the next visit, and with scenes where it is out of reach', async () => {
    const page = await openSample({ before: "localStorage.setItem('atrous.model', 'of another version')" })
    expect(await page.locator('#take-offer').textContent()).to.equal('Get the network for photos (10 MB)')
    const offline = `const { fetch } = window
      window.fetch = (url, ...rest) =>
        /huggingface/.test(String(url)) ? Promise.reject(new TypeError('offline')) : fetch.call(window, url, ...rest)`
    const kept = `localStorage.setItem('atrous.model', 'deeplabv3_mobilenet_v2')\n${offline}`
    const other = await open({ before: kept })
    expect(await problem(other)).to.match(/cannot reach the server/)
    await until(other, () => document.getElementById('facts')!.textContent!.includes('Drawing'))
    expect(await chosen(other)).to.equal('scenes')
    expect((await shares(other)).ring).to.be.above(1)
  })

  it('keeps the picture in sight beside each panel on a laptop, and above it on a phone', async () => {
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 390, height: 844 },
    ]) {
      const page = await openSample({ viewport })
      for (const name of ['view', 'teach', 'export']) {
        await page.click(`#${name}-tab`)
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
        const box = (await page.locator('#canvas').boundingBox())!
        expect(box.y).to.be.at.least(-1)
        expect(box.y + box.height).to.be.at.most(viewport.height)
      }
    }
  })

  it('has no fault that axe-core finds, empty, with a picture, and on a phone, in light and in dark (slow)', async () => {
    for (const viewport of [
      { width: 1200, height: 900 },
      { width: 390, height: 844 },
    ])
      for (const page of [await open({ viewport }), await openSample({ viewport })]) {
        await page.evaluate(AXE)
        for (const name of ['view', 'teach', 'export']) {
          await page.click(`#${name}-tab`)
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme })
            const { violations } = await page.evaluate(() => window.axe.run())
            const found = violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])
            expect(found, `${name}, ${colorScheme}, ${viewport.width} wide`).to.deep.equal([])
          }
          const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
          expect(isWide).to.equal(false)
        }
      }
  })
})
