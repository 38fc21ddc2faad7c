// The page's camera: live, frozen, hidden, unplugged and refused.

import { expect } from 'chai'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { CAMERA_FLAGS, until } from './browser.ts'
import { problem, settled, shares } from './page_state.ts'
import { usePage } from './use_page.ts'

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

declare global {
  interface Window {
    tracks: MediaStreamTrack[]
    frameCount: number
    hide(): void
    show(): void
  }
}

describe('the page with a camera', () => {
  const { openSample } = usePage(CAMERA_FLAGS)

  it('follows the camera, freezes its picture with a legend that is true of the mask, and stops', async () => {
    const page = await openSample()
    await page.click('#start-camera')
    await until(page, () => /Frames per second\d/.test(document.getElementById('facts')!.textContent!))
    await page.check('#calm')
    await until(page, () => document.getElementById('progress')!.textContent === '')
    await page.click('#freeze-camera')
    await page.locator('#camera-controls').waitFor({ state: 'hidden' })
    expect(await settled(page)).to.equal('')
    await page.click('#export-tab')
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-mask')])
    const { mask } = await readMaskPng(await download.path())
    const background = mask.filter(id => id === 0).length / mask.length
    expect((await shares(page)).background).to.be.closeTo(100 * background, 0.06)
  })

  it('cuts out of the camera while it runs, and shows it as it is again', async () => {
    const page = await openSample()
    await page.click('#start-camera')
    await until(page, () => /Frames per second\d/.test(document.getElementById('facts')!.textContent!))
    await page.click('#export-tab')
    await page.locator('#cutout-live').waitFor()
    expect(await page.locator('#cut-out').isVisible()).to.equal(false)
    await page.selectOption('#cutout-background', 'colour')
    await page.fill('#cutout-colour', '#ff00ff')
    await page.check('#cutout-live')
    await until(page, () => {
      const canvas = document.getElementById('canvas') as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return data.some((red, i) => i % 4 === 0 && red === 255 && data[i + 1] === 0 && data[i + 2] === 255)
    })
    await page.uncheck('#cutout-live')
    await until(page, () => {
      const canvas = document.getElementById('canvas') as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return !data.some((red, i) => i % 4 === 0 && red === 255 && data[i + 1] === 0 && data[i + 2] === 255)
    })
    await page.click('#freeze-camera')
    await page.locator('#cut-out:enabled').waitFor()
    expect(await settled(page)).to.equal('')
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
})
