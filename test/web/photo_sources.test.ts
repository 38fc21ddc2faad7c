// Photos from everything that holds one in a page, and what becomes of their orientation, transparency and colours.

import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { readImage } from '../../src/node/images/image.ts'
import { bytesOf, useBrowser } from './browser.ts'

const scene = fileURLToPath(new URL('../../docs/scene.png', import.meta.url))

describe('photos in a page', () => {
  const files = new Map<string, Uint8Array>()
  const browser = useBrowser(path => {
    const body = files.get(path)
    return body && { body }
  })

  /** The pixels that a page reads from a file. */
  const pixelsIn = async (page: Page, path: string, options: { maxPixels?: number } = {}) => {
    const { data, ...sizes } = await page.evaluate(
      async ([url, limits]) => {
        const { data, ...sizes } = await window.atrous.readImage(url, limits)
        return { data: await window.base64(data as BufferSource), ...sizes }
      },
      [path, options] as const,
    )
    return { ...sizes, data: bytesOf(data) }
  }

  const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)

  it('of every kind give the same pixels, and the same mask', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const { DeepLab, readImage } = window.atrous
      const url = new URL('/docs/scene.png', location.href)
      const blob = await (await fetch(url)).blob()
      const bitmap = await createImageBitmap(blob)
      const { width, height } = bitmap
      const drawn = <Canvas extends HTMLCanvasElement | OffscreenCanvas>(canvas: Canvas) => {
        const context = canvas.getContext('2d') as CanvasRenderingContext2D
        context.drawImage(bitmap, 0, 0)
        return { canvas, data: context.getImageData(0, 0, width, height) }
      }
      const element = Object.assign(document.createElement('canvas'), { width, height })
      const { canvas, data } = drawn(element)
      const img = new Image()
      img.src = url.href // Read before it has loaded.
      const video = Object.assign(document.createElement('video'), { muted: true })
      video.srcObject = canvas.captureStream()
      await video.play()
      canvas.getContext('2d')!.drawImage(bitmap, 0, 0)
      await new Promise(resolve => video.requestVideoFrameCallback(resolve))
      const rgb = data.data.filter((_, i) => i % 4 !== 3)
      const bytes = await blob.arrayBuffer()
      const sources = {
        'an ImageBitmap': bitmap,
        'an image element': img,
        'a video element': video,
        'a video frame': new VideoFrame(canvas, { timestamp: 0 }),
        'a canvas': canvas,
        'an OffscreenCanvas': drawn(new OffscreenCanvas(width, height)).canvas,
        'an ImageData': data,
        'RGB pixels': { width, height, data: rgb },
        'a Blob': blob,
        'a File': new File([blob], 'scene.png'),
        'a Response': await fetch(url),
        bytes: new Uint8Array(bytes),
        'a DataView': new DataView(bytes),
        'an ArrayBuffer': bytes,
        'a URL': url,
        'text of a URL': url.href,
        'text of a relative URL': '/docs/scene.png',
      }
      const model = await DeepLab.load('scenes')
      const hash = async (values: Uint8Array) =>
        String(new Uint32Array(await crypto.subtle.digest('SHA-256', values as Uint8Array<ArrayBuffer>)))
      const results: Record<string, string> = {}
      for (const [name, source] of Object.entries(sources)) {
        const { mask } = await model.segment(source, { size: 129 })
        const image = source instanceof Response ? undefined : await readImage(source)
        results[name] = `${await hash(mask)} ${image && (await hash(image.data))}`
      }
      return results
    })
    const expected = found['an ImageBitmap']
    for (const [name, hashes] of Object.entries(found))
      expect(hashes, name).to.equal(name === 'a Response' ? `${expected.split(' ')[0]} undefined` : expected)
  })

  it('have the pixels that Node reads', async () => {
    const page = await browser.open()
    const inNode = await readImage(scene)
    const { data, ...sizes } = await pixelsIn(page, '/docs/scene.png')
    expect(Buffer.compare(data, inNode.data)).to.equal(0)
    expect({ ...sizes, data: inNode.data }).to.deep.equal(inNode)
  })

  it('are turned by their EXIF orientation', async () => {
    const jpeg = await sharp(scene)
      .resize(90, 60, { fit: 'fill' })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    files.set('/turned.jpg', jpeg)
    const found = await pixelsIn(await browser.open(), '/turned.jpg')
    const inNode = await readImage(jpeg)
    expect([found.width, found.height]).to.deep.equal([60, 90])
    expect(largestDifference(found.data, inNode.data)).to.be.at.most(3) // Decoders of JPEG round differently.
  })

  it('show white where they are transparent', async () => {
    const rgba = Buffer.from(Array.from({ length: 16 * 16 * 4 }, (_, i) => (i * 37) % 256))
    const png = await sharp(rgba, { raw: { width: 16, height: 16, channels: 4 } })
      .png()
      .toBuffer()
    files.set('/transparent.png', png)
    const page = await browser.open()
    const inNode = await readImage(png)
    const found = await pixelsIn(page, '/transparent.png')
    expect(largestDifference(found.data, inNode.data)).to.be.at.most(1)
    const ofPixels = await page.evaluate(
      async values => [
        ...(await window.atrous.readImage({ width: 16, height: 16, data: Uint8Array.from(values) })).data,
      ],
      [...rgba],
    )
    expect(largestDifference(ofPixels, inNode.data)).to.be.at.most(1)
  })

  it('with a colour profile are in sRGB', async () => {
    const flat = { create: { width: 4, height: 4, channels: 3 as const, background: '#c83214' } }
    const png = await sharp(flat).withIccProfile('p3').png().toBuffer()
    files.set('/p3.png', png)
    const found = await pixelsIn(await browser.open(), '/p3.png')
    const inNode = await readImage(png)
    expect(largestDifference(found.data, inNode.data)).to.be.at.most(2)
    const raw = await sharp(png).keepIccProfile().raw().toBuffer()
    expect(largestDifference([...raw].slice(0, 3), [...inNode.data].slice(0, 3))).to.be.above(10)
  })

  it('are shrunk to what the GPU takes', async () => {
    const page = await browser.open()
    const { width, height, originalWidth, originalHeight, data } = await pixelsIn(page, '/docs/scene.png', {
      maxPixels: 10_000,
    })
    const inNode = await readImage(scene, { maxPixels: 10_000 })
    expect([width, height]).to.deep.equal([inNode.width, inNode.height])
    expect([originalWidth, originalHeight]).to.deep.equal([inNode.originalWidth, inNode.originalHeight])
    const mean = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(data)).to.be.closeTo(mean(inNode.data), 1)
  })

  it('that cannot be read are refused in one line', async () => {
    files.set('/page.png', Buffer.from('<html>'))
    const page = await browser.open()
    const refusals = await page.evaluate(async () => {
      const { readImage, UserError } = window.atrous
      const closed = await createImageBitmap(new ImageData(2, 2))
      closed.close()
      const broken = new Image()
      broken.src = '/page.png'
      const cases: Record<string, unknown> = {
        'no image': new Blob(['no image']),
        'an empty file': new File([], 'empty.png'),
        'a page': '/page.png',
        'an absent file': '/none.png',
        'no URL': 'http://',
        'a closed bitmap': closed,
        'a broken image element': broken,
        'a video without frames': document.createElement('video'),
        'an empty canvas': new OffscreenCanvas(0, 5),
        'a number': 5,
        'a promise': Promise.resolve(),
        'wrong pixels': { width: 2, height: 2, data: new Uint8Array(3) },
        floats: new Float32Array(4),
      }
      const messages: Record<string, string> = {}
      for (const [name, source] of Object.entries(cases))
        messages[name] = await readImage(source as Blob).then(
          () => 'read',
          error => (error instanceof UserError ? error.message : `not a UserError: ${error}`),
        )
      return messages
    })
    const { url } = browser.server
    expect(refusals).to.deep.equal({
      'no image': 'image: not an image that this browser decodes, or a damaged one',
      'an empty file': 'empty.png: the file is empty',
      'a page': `${url}/page.png: not an image that this browser decodes, or a damaged one`,
      'an absent file': `${url}/none.png: not found (HTTP 404)`,
      'no URL': 'http://: this is not a URL',
      'a closed bitmap': 'image: this ImageBitmap has no pixels: it is empty or closed',
      'a broken image element': 'image: the image element has no image, or a damaged one',
      'a video without frames': 'image: the video has no frame yet: wait for its event loadeddata',
      'an empty canvas': 'image: this OffscreenCanvas has no pixels: it is empty or closed',
      'a number':
        'image: expected an image, a canvas, a video frame, a URL, a Blob, the bytes of an encoded photo or { width, height, data }, got 5',
      'a promise':
        'image: expected an image, a canvas, a video frame, a URL, a Blob, the bytes of an encoded photo or { width, height, data }, got a value of type Promise: await it first',
      'wrong pixels': 'image.data: expected 16 bytes (RGBA) or 12 (RGB) for 2×2 pixels, got 3',
      floats:
        'image: expected an image, a canvas, a video frame, a URL, a Blob, the bytes of an encoded photo or { width, height, data }, got a value of type Float32Array: encoded photos are a Uint8Array, decoded ones { width, height, data }',
    })
  })
})
