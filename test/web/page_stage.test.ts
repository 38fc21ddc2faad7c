// The picture in the page: names on it, the class that stands out, zoom, and the handle between photo and classes.

import { expect } from 'chai'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { until } from './browser.ts'
import { SAMPLE, settled, shares } from './page_state.ts'
import { usePage } from './use_page.ts'

interface Box {
  x: number
  y: number
  width: number
  height: number
}

const boxOf = async (page: Page, selector: string): Promise<Box> =>
  (await page.locator(selector).boundingBox())!

/** Where a pixel of the sample, which has 640 × 480, is on the screen. */
async function screenPoint(page: Page, x: number, y: number): Promise<[x: number, y: number]> {
  const box = await boxOf(page, '#canvas')
  return [box.x + (x / 640) * box.width, box.y + (y / 480) * box.height]
}

/** Red, green and blue of a pixel of the canvas. */
const pixel = (page: Page, x: number, y: number): Promise<number[]> =>
  page.evaluate(
    ([x, y]) => {
      const canvas = document.getElementById('canvas') as HTMLCanvasElement
      return [...canvas.getContext('2d')!.getImageData(x, y, 1, 1).data].slice(0, 3)
    },
    [x, y],
  )

/** Waits until a pixel has this colour. */
async function becomes(page: Page, [x, y]: readonly [number, number], colour: number[]): Promise<void> {
  await page.waitForFunction(
    ([x, y, ...wanted]) => {
      const canvas = document.getElementById('canvas') as HTMLCanvasElement
      const found = canvas.getContext('2d')!.getImageData(x, y, 1, 1).data
      return wanted.every((value, i) => found[i] === value)
    },
    [x, y, ...colour],
    { polling: 100 },
  )
}

/** Pixels of the sample well inside a sphere, a box and the floor. */
const [SPHERE, BOX, FLOOR] = [
  [100, 160],
  [200, 300],
  [400, 450],
] as const

describe('the picture in the page', () => {
  const { openSample } = usePage()

  it('has the name of each class on it, and makes the class stand out that is pointed at', async () => {
    const page = await openSample()
    const labels = page.locator('#names span').filter({ visible: true })
    expect((await labels.allTextContents()).sort()).to.deep.equal(['box', 'ring', 'sphere'])
    const view = await boxOf(page, '#view')
    for (const label of await labels.all()) {
      const box = (await label.boundingBox())!
      expect(box.x).to.be.above(view.x)
      expect(box.x + box.width).to.be.below(view.x + view.width)
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
      const name = await label.textContent()
      await page.locator('#pointed', { hasText: name! }).waitFor()
      await page.locator('#legend .lit', { hasText: name! }).waitFor()
    }

    await page.mouse.move(0, 0)
    await page.locator('#legend .lit').waitFor({ state: 'detached' })
    await page.locator('#opacity').fill('0')
    const photo = await settledPixel(page, BOX)
    await page.locator('#opacity').fill('60')
    const tinted = await settledPixel(page, BOX)
    const distance = (colour: number[]) => Math.hypot(...colour.map((value, i) => value - photo[i]))
    await page.locator('#legend li', { hasText: 'sphere' }).hover()
    expect(distance(await settledPixel(page, BOX))).to.be.below(0.5 * distance(tinted))
    await page.locator('#legend li', { hasText: 'box' }).hover()
    expect(distance(await settledPixel(page, BOX))).to.be.above(distance(tinted))
    await page.uncheck('#legend li:has-text("box") input')
    await page.mouse.move(0, 0)
    await labels.filter({ hasText: 'box' }).waitFor({ state: 'detached' })
    expect(distance(await settledPixel(page, BOX))).to.be.below(2)
  })

  it('has outlines in the full colours of classes, also in the overlay that is saved, and none when they are switched off', async () => {
    const page = await openSample()
    /** Pixels of the colour of boxes in a row of the picture, without the photo below it. */
    const full = () =>
      page.evaluate(() => {
        const canvas = document.getElementById('canvas') as HTMLCanvasElement
        const { data } = canvas.getContext('2d')!.getImageData(0, 300, canvas.width, 1)
        let count = 0
        for (let i = 0; i < data.length; i += 4)
          if (data[i] === 149 && data[i + 1] === 0 && data[i + 2] === 255) count++
        return count
      })
    expect(await full()).to.be.within(2, 12)
    await page.click('#export-tab')
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-overlay')])
    const overlay = await sharp(await download.path())
      .removeAlpha()
      .raw()
      .toBuffer()
    const row = overlay.subarray(300 * 640 * 3, 301 * 640 * 3)
    const inFull = Array.from({ length: 640 }, (_, x) => row.readUIntBE(3 * x, 3)).filter(
      colour => colour === 0x95_00_ff,
    )
    expect(inFull.length).to.be.within(2, 12)
    await page.click('#view-tab')
    await page.uncheck('#show-outlines')
    await page.waitForTimeout(500)
    expect(await full()).to.equal(0)
  })

  it('zooms about the pointer and by keys, moves when it is dragged, and is painted on where the brush is', async () => {
    const page = await openSample()
    const view = await boxOf(page, '#view')
    const at = await screenPoint(page, ...SPHERE)
    await page.mouse.move(...at)
    await page.mouse.wheel(0, -400)
    await page.locator('#fit').waitFor()
    // A wheel's place is in whole pixels, and the zoom makes more of the rest.
    const near = (found: [number, number], wanted: [number, number]) =>
      expect(Math.hypot(found[0] - wanted[0], found[1] - wanted[1])).to.be.below(2)
    near(await screenPoint(page, ...SPHERE), at)
    expect((await boxOf(page, '#canvas')).width).to.be.closeTo(Math.exp(0.8) * view.width, 1)

    await page.mouse.down()
    await page.mouse.move(at[0] + 40, at[1] + 30, { steps: 3 })
    await page.mouse.up()
    near(await screenPoint(page, ...SPHERE), [at[0] + 40, at[1] + 30])
    const sphere = await boxOf(page, '#names span:has-text("sphere")')
    expect(sphere.x + sphere.width / 2).to.be.above(view.x)

    await page.click('#teach-tab')
    await page.locator('#strokes').waitFor()
    await page.mouse.click(...(await screenPoint(page, ...SPHERE)))
    const painted = await page.evaluate(() => {
      const canvas = document.getElementById('strokes') as HTMLCanvasElement
      const { data, width } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      const xs: number[] = []
      for (let i = 0; i < data.length / 4; i++) if (data[4 * i + 3] > 0) xs.push(i % width)
      return { least: Math.min(...xs), most: Math.max(...xs) }
    })
    expect((painted.least + painted.most) / 2).to.be.closeTo(SPHERE[0], 2)

    await page.click('#view-tab')
    await page.focus('#canvas')
    await page.keyboard.press('0')
    await page.locator('#fit').waitFor({ state: 'hidden' })
    expect(await boxOf(page, '#canvas')).to.deep.equal(view)
    await page.keyboard.press('+')
    const before = await boxOf(page, '#canvas')
    expect(before.width).to.be.closeTo(1.25 * view.width, 1)
    await page.keyboard.press('ArrowRight')
    expect((await boxOf(page, '#canvas')).x).to.be.closeTo(before.x - 0.1 * view.width, 1)
    await page.click('#fit')
    expect(await boxOf(page, '#canvas')).to.deep.equal(view)

    await pinch(page, { from: 40, to: 100 })
    expect((await boxOf(page, '#canvas')).width).to.be.closeTo(2.5 * view.width, 1)
  })

  it('shows the photo alone left of a handle on it, by pointer and by keys, also when zoomed', async () => {
    const page = await openSample()
    const tinted = await pixel(page, ...SPHERE)
    const floor = await pixel(page, ...FLOOR)
    const view = await boxOf(page, '#view')
    const middle = view.y + view.height / 2
    await page.mouse.move(view.x + 8, middle)
    await page.mouse.down()
    await page.mouse.move(view.x + 8 + view.width / 2, middle, { steps: 4 })
    await page.mouse.up()
    const split = page.getByRole('slider', { name: 'Photo alone, left of' })
    expect(Number(await split.inputValue())).to.be.closeTo(50, 2)
    const alone = await settledPixel(page, SPHERE)
    expect(alone).to.not.deep.equal(tinted)
    expect(await pixel(page, ...FLOOR)).to.deep.equal(floor)
    const line = async () => {
      const { x, width } = await boxOf(page, '#divider')
      return x + width / 2
    }
    expect(await line()).to.be.closeTo(view.x + (Number(await split.inputValue()) / 100) * view.width, 1.5)
    await page.focus('#canvas')
    await page.keyboard.press('+')
    const canvas = await boxOf(page, '#canvas')
    expect(await line()).to.be.closeTo(
      canvas.x + (Number(await split.inputValue()) / 100) * canvas.width,
      1.5,
    )
    await split.focus()
    await page.keyboard.press('Home')
    await until(page, () => document.getElementById('divider')!.hidden === true)
    await becomes(page, SPHERE, tinted)
  })

  it('offers ready-made pictures, and keeps those that are chosen beside them', async () => {
    const page = await openSample()
    const photos = page.locator('#photos button')
    await until(page, () => document.querySelectorAll('#photos img').length === 5)
    await photos.nth(1).click()
    await until(page, () =>
      document.getElementById('canvas')!.getAttribute('aria-label')!.includes('cylinder'),
    )
    expect(await settled(page)).to.equal('')
    expect((await shares(page)).ring).to.be.above(2)
    await page.setInputFiles('#photo-files', SAMPLE)
    expect(await settled(page)).to.equal('')
    expect(await photos.last().getAttribute('title')).to.equal('sample 2.png')
    expect(await photos.last().getAttribute('aria-pressed')).to.equal('true')
  })
})

/** Two fingers in the middle of the picture, so many pixels apart. */
const pinch = (page: Page, { from, to }: { from: number; to: number }): Promise<void> =>
  page.locator('#canvas').evaluate(
    (canvas, { from, to }) => {
      const { left, top, width, height } = canvas.getBoundingClientRect()
      const send = (type: string, side: 1 | -1, apart: number) =>
        canvas.dispatchEvent(
          new PointerEvent(type, {
            ...{ bubbles: true, pointerId: 100 + side, pointerType: 'touch' },
            ...{ clientX: left + width / 2 + (side * apart) / 2, clientY: top + height / 2 },
          }),
        )
      for (const type of ['pointerdown', 'pointermove', 'pointerup'])
        for (const side of [1, -1] as const) send(type, side, type === 'pointerdown' ? from : to)
    },
    { from, to },
  )

/** The colour of a pixel once two looks at it, half a second apart, are alike. */
async function settledPixel(page: Page, [x, y]: readonly [number, number]): Promise<number[]> {
  for (let before = await pixel(page, x, y); ; ) {
    await page.waitForTimeout(500)
    const now = await pixel(page, x, y)
    if (now.join() === before.join()) return now
    before = now
  }
}
