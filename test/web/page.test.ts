// The page, built and served as static files: what a user does there, and what it says when something is wrong.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { INFERENCE_OPTIONS, TILE_OPTIONS } from '../../src/inference/inference_options.ts'
import { flagName } from '../../src/inference/option_texts.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { DeepLab } from '../../src/node/index.ts'
import { CAMERA_FLAGS, until } from './browser.ts'
import { usePage } from './use_page.ts'

const ROOT = new URL('../../', import.meta.url)
const SAMPLE = fileURLToPath(new URL('web/sample.png', ROOT))
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

/** Lets a test end the camera's tracks. */
const HOLD_TRACKS = `globalThis.tracks = []
const { getUserMedia } = MediaDevices.prototype
MediaDevices.prototype.getUserMedia = async function (...options) {
  const stream = await getUserMedia.apply(this, options)
  tracks.push(...stream.getTracks())
  return stream
}
`

/**
 * Lets a test treat the page as a browser treats a hidden one: it gets none of the video's frames until it is shown again. A headless
 * browser hides no page.
 */
const HIDE = `let isHidden = false
const held = []
const { requestVideoFrameCallback } = HTMLVideoElement.prototype
HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
  return requestVideoFrameCallback.call(this, (...frame) => {
    if (isHidden) held.push(() => this.requestVideoFrameCallback(callback))
    else callback(...frame)
  })
}
globalThis.hide = () => {
  isHidden = true
}
globalThis.show = () => {
  isHidden = false
  for (const ask of held.splice(0)) ask()
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
    tracks: MediaStreamTrack[]
    isShort: boolean
    frameCount: number
    hide(): void
    show(): void
    devices: GPUDevice[]
    axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
  }
}

describe('the page', () => {
  const open = usePage(CAMERA_FLAGS)
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrous-page-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const text = (page: Page, id: string) => page.locator(`#${id}`).textContent()
  const label = (page: Page) => page.getAttribute('#canvas', 'aria-label')

  /** Waits until the page does nothing more, and returns its problem, if it has one. */
  async function settled(page: Page): Promise<string> {
    const done = until(page, () => {
      const problem = document.getElementById('problem')!
      const isDrawn = document.getElementById('facts')!.textContent!.includes('Drawing')
      return !problem.hidden || (isDrawn && document.getElementById('progress')!.textContent === '')
    })
    await done.catch(async error => {
      const [progress, facts] = [await text(page, 'progress'), await text(page, 'facts')]
      throw new Error(`the page does not settle: progress "${progress}", facts "${facts}"`, { cause: error })
    })
    return (await page.locator('#problem').isVisible()) ? (await text(page, 'problem'))! : ''
  }

  /** Waits for a message of the page, and returns it. */
  async function problem(page: Page): Promise<string> {
    await page.locator('#problem').waitFor()
    return (await text(page, 'problem'))!
  }

  const chosen = (page: Page) => page.locator('#model option:checked').textContent()

  /** The page as it opens: with the sample, segmented. */
  async function openSample(options = {}): Promise<Page> {
    const page = await open(options)
    expect(await settled(page)).to.equal('')
    return page
  }

  /** The share of each class, as the page's legend says it. */
  const shares = async (page: Page): Promise<Record<string, number>> =>
    Object.fromEntries(
      [...(await label(page))!.matchAll(/([a-z]+) ([\d.]+)%/g)].map(([, name, share]) => [
        name,
        Number(share),
      ]),
    )

  /** The same in Node. The adapters may round differently at borders between classes. */
  async function expectAsInNode(page: Page, model: string): Promise<void> {
    const node = await DeepLab.load(model, { tune: 'off' })
    const { classes } = await node.segment(SAMPLE)
    await node.dispose()
    const found = await shares(page)
    expect(classes.length).to.be.above(3)
    for (const { name, share } of classes) expect(found[name] ?? 0).to.be.closeTo(100 * share, 0.15)
  }

  it('segments the sample as Node does, with a name for the adapter, times and memory', async () => {
    const page = await openSample()
    await expectAsInNode(page, 'scenes')
    expect(await text(page, 'facts')).to.match(
      /Adaptergoogle, swiftshader \(software\).*Network\d+.*Memory\d+ MB/,
    )
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

  it('follows the camera, freezes its picture with a legend that is true of the mask, and stops', async () => {
    const page = await openSample()
    await page.click('#start-camera')
    await until(page, () => /Frames per second\d/.test(document.getElementById('facts')!.textContent!))
    await page.click('#freeze-camera')
    await page.locator('#camera-controls').waitFor({ state: 'hidden' })
    expect(await settled(page)).to.equal('')
    await page.click('#export-tab')
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-mask')])
    const { mask } = await readMaskPng(await download.path())
    const background = mask.filter(id => id === 0).length / mask.length
    expect((await shares(page)).background).to.be.closeTo(100 * background, 0.06)
  })

  it('says so where there is no camera, and where it is refused', async () => {
    for (const [name, message] of [
      ['NotFoundError', 'There is no camera.'],
      ['NotAllowedError', 'The camera is not allowed. Allow it in the settings of this page, and try again.'],
    ]) {
      const before = `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '${name}') }`
      const page = await openSample({ before })
      await page.click('#start-camera')
      expect(await problem(page)).to.equal(message)
    }
  })

  it('says so when the camera is unplugged, and starts it again', async () => {
    const page = await openSample({ before: HOLD_TRACKS })
    const frames = () => /Frames per second\d/.test(document.getElementById('facts')!.textContent!)
    await page.click('#start-camera')
    await until(page, frames)
    // What a browser does when a camera is unplugged; `stop` alone makes no event.
    await page.evaluate(() => {
      const track = window.tracks.at(-1)!
      track.stop()
      track.dispatchEvent(new Event('ended'))
    })
    expect(await problem(page)).to.equal(
      'The camera has stopped: it was unplugged, or is no longer allowed. Start it again.',
    )
    expect(await page.locator('#camera-controls').isVisible()).to.equal(false)
    await page.click('#start-camera')
    await page.locator('#camera-controls').waitFor()
    expect(await page.locator('#problem').isVisible()).to.equal(false)
  })

  it('waits with the camera while it is hidden, and goes on', async () => {
    const page = await openSample({ before: HIDE })
    await page.evaluate(() => {
      window.frameCount = 0
      new MutationObserver(() => window.frameCount++).observe(document.getElementById('facts')!, {
        childList: true,
      })
    })
    await page.click('#start-camera')
    await until(page, () => window.frameCount > 1)
    await page.evaluate(() => window.hide())
    // The frames that had come before may still end.
    await new Promise(resolve => setTimeout(resolve, 3000))
    const count = await page.evaluate(() => window.frameCount)
    await new Promise(resolve => setTimeout(resolve, 3000))
    expect(await page.evaluate(() => window.frameCount)).to.equal(count)
    await page.evaluate(() => {
      window.frameCount = 0
      window.show()
    })
    await until(page, () => window.frameCount > 1)
    expect(await page.locator('#problem').isVisible()).to.equal(false)
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
    for (const name of Object.keys({ ...INFERENCE_OPTIONS, ...TILE_OPTIONS }))
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

  it('has no fault that axe-core finds, empty, with a picture, and on a phone (slow)', async () => {
    for (const viewport of [
      { width: 1200, height: 900 },
      { width: 390, height: 844 },
    ])
      for (const page of [await open({ viewport }), await openSample({ viewport })]) {
        await page.evaluate(AXE)
        for (const name of ['view', 'teach', 'export']) {
          await page.click(`#${name}-tab`)
          const { violations } = await page.evaluate(() => window.axe.run())
          expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).to.deep.equal([])
          const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
          expect(isWide).to.equal(false)
        }
      }
  })
})
