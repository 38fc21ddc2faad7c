// Photos, frames and class maps that stay on the GPU: how they get there, how they are drawn and counted, and videos.

import { expect } from 'chai'
import { bytesOf, CAMERA_FLAGS, CANVAS_FLAGS, useBrowser } from './browser.ts'

/** No pixel's centre is in the middle of the picture, where a map of 2 × 2 changes its class. */
const [WIDTH, HEIGHT] = [38, 22]

/** Opaque pixels, each different from its neighbours. */
const pixels = Uint8ClampedArray.from({ length: WIDTH * HEIGHT * 4 }, (_, i) =>
  i % 4 === 3 ? 255 : (i * 7919) % 256,
)

/** ATROUS_LOSSES=20 for a longer run. */
const LOSSES = Number(process.env.ATROUS_LOSSES ?? 2)

describe('frames on the GPU', () => {
  const browser = useBrowser(undefined, { flags: CAMERA_FLAGS })

  const KINDS = [
    'ImageBitmap',
    'OffscreenCanvas',
    'HTMLCanvasElement',
    'VideoFrame',
    'GPUTexture',
    'ImageData',
  ] as const
  for (const kind of KINDS)
    it(`have the pixels of a ${kind}, and the class map that segment gives`, async () => {
      const page = await browser.open()
      const found = await page.evaluate(
        async ({ kind, width, height, data }) => {
          const { DeepLab } = window.atrous
          const image = new ImageData(new Uint8ClampedArray(data), width, height)
          const model = await DeepLab.create({ backbone: 'mobilenet_v2', classes: 4 }, { size: 33, seed: 5 })
          const { device } = model.gpu
          const onCanvas = <Canvas extends HTMLCanvasElement | OffscreenCanvas>(canvas: Canvas) => {
            Object.assign(canvas, { width, height })
            ;(canvas.getContext('2d') as CanvasRenderingContext2D).putImageData(image, 0, 0)
            return canvas
          }
          const texture = () => {
            const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST
            const made = device.createTexture({ size: [width, height], format: 'rgba8unorm', usage })
            device.queue.writeTexture({ texture: made }, image.data, { bytesPerRow: width * 4 }, [
              width,
              height,
            ])
            return made
          }
          const sources = {
            ImageBitmap: () => createImageBitmap(image),
            OffscreenCanvas: () => onCanvas(new OffscreenCanvas(1, 1)),
            HTMLCanvasElement: () => onCanvas(document.createElement('canvas')),
            VideoFrame: () => new VideoFrame(onCanvas(new OffscreenCanvas(1, 1)), { timestamp: 0 }),
            GPUTexture: texture,
            ImageData: () => image,
          }
          const source = await sources[kind]()
          const before = model.gpu.memory.liveBytes
          const result = await model.segmentOnGpu(source)
          const photo = await model.gpu.download(result.photo.data, width * height * 4)
          const mask = await model.gpu.download(result.map.mask, width * height)
          const held = model.gpu.memory.liveBytes > before
          result.release()
          const expected = (await model.segment(image)).mask
          await model.dispose()
          return {
            held,
            photo: await window.base64(photo),
            mask: await window.base64(mask),
            expected: await window.base64(expected as BufferSource),
          }
        },
        { kind, width: WIDTH, height: HEIGHT, data: [...pixels] },
      )
      expect(found.held).to.equal(true)
      expect([...bytesOf(found.photo)]).to.deep.equal([...pixels])
      expect(
        bytesOf(found.mask)
          .subarray(0, WIDTH * HEIGHT)
          .equals(bytesOf(found.expected)),
      ).to.equal(true)
    })

  it('of a camera are segmented one by one, the newest each time, in memory that does not grow', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const model = await window.atrous.DeepLab.load('scenes')
      const video = document.createElement('video')
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } })
      await video.play()
      const ends = new AbortController()
      const seen: { width: number; bytes: number; dropped: number | undefined; live: number }[] = []
      await model.stream(video, {
        ...{ size: 65, at: 'network' as const, signal: ends.signal },
        onFrame({ photo, map, dropped }) {
          const live = model.gpu.memory.liveBytes
          seen.push({ width: photo.width, bytes: map.width * map.height, dropped, live })
          if (seen.length === 12) ends.abort()
        },
      })
      for (const track of (video.srcObject as MediaStream).getTracks()) track.stop()
      const after = model.gpu.memory.liveBytes
      await model.dispose()
      return { seen, after }
    })
    expect(found.seen).to.have.length(12)
    expect(found.seen[0]).to.include({ width: 320, dropped: undefined })
    for (const { dropped } of found.seen.slice(1)) expect(dropped).to.be.at.least(0)
    expect(new Set(found.seen.map(({ live }) => live)).size).to.equal(1)
    expect(found.after).to.be.below(found.seen[0].live)
  })

  it('of a camera are smoothed over time: masks change less, in memory that does not grow', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const model = await window.atrous.DeepLab.load('scenes')
      const video = document.createElement('video')
      const canvas = document.createElement('canvas')
      Object.assign(canvas, { width: 160, height: 120 })
      const context = canvas.getContext('2d')!
      // A scene that stands still, seen by a camera with much noise.
      const draw = () => {
        context.fillStyle = '#888'
        context.fillRect(0, 0, 160, 120)
        context.fillStyle = '#c33'
        context.fillRect(40, 30, 60, 60)
        const pixels = context.getImageData(0, 0, 160, 120)
        for (let i = 0; i < pixels.data.length; i++)
          if (i % 4 < 3) pixels.data[i] += 120 * (Math.random() - 0.5)
        context.putImageData(pixels, 0, 0)
      }
      video.srcObject = canvas.captureStream(0)
      const [track] = (video.srcObject as MediaStream).getVideoTracks() as CanvasCaptureMediaStreamTrack[]
      const shown = setInterval(() => {
        draw()
        track.requestFrame()
      }, 50)
      await video.play()
      const changes = async (smoothing: number) => {
        const ends = new AbortController()
        const live = new Set<number>()
        let before: Uint8Array | undefined
        let [frames, changed] = [0, 0]
        await model.stream(video, {
          ...{ size: 129, at: 'network' as const, smoothing, signal: ends.signal },
          async onFrame({ map }) {
            live.add(model.gpu.memory.liveBytes)
            const bytes = map.width * map.height
            const words = await model.gpu.download(map.mask, Math.ceil(bytes / 4) * 4)
            const mask = words.subarray(0, bytes)
            if (before && frames > 3) changed += mask.filter((id, i) => id !== before![i]).length
            before = mask
            if (++frames === 12) ends.abort()
          },
        })
        return { changed, live: live.size }
      }
      const [single, smooth] = [await changes(0), await changes(0.9)]
      clearInterval(shown)
      await model.dispose()
      return { single, smooth }
    })
    expect(found.single.changed).to.be.above(0)
    expect(found.smooth.changed).to.be.below(found.single.changed / 2)
    expect([found.single.live, found.smooth.live]).to.deep.equal([1, 1])
  })

  it(`of a camera go on after each of ${LOSSES} lost GPUs`, async function () {
    this.timeout(120_000 + 10_000 * LOSSES)
    const page = await browser.open()
    const found = await page.evaluate(async losses => {
      const model = await window.atrous.DeepLab.load('scenes')
      const video = document.createElement('video')
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } })
      await video.play()
      const ends = new AbortController()
      const gpus = new Set([model.gpu])
      let frames = 0
      await model.stream(video, {
        ...{ size: 65, at: 'network' as const, smoothing: true, signal: ends.signal },
        onFrame() {
          gpus.add(model.gpu)
          frames++
          if (frames > 2 * losses) ends.abort()
          else if (frames % 2 === 0) model.gpu.device.destroy()
        },
      })
      for (const track of (video.srcObject as MediaStream).getTracks()) track.stop()
      const left = [...gpus].map(({ memory }) => memory.buffers)
      await model.dispose()
      return { frames, left }
    }, LOSSES)
    expect(found.frames).to.equal(2 * LOSSES + 1)
    expect(found.left).to.have.length(LOSSES + 1)
    expect(found.left.slice(0, LOSSES)).to.deep.equal(Array(LOSSES).fill(0))
  })

  it('end with the video, and refuse wrong options', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const model = await window.atrous.DeepLab.load('scenes')
      const video = document.createElement('video')
      Object.defineProperty(video, 'ended', { value: true })
      await model.stream(video, { onFrame() {} })
      const message = (work: () => Promise<unknown>) =>
        work().then(
          () => '',
          (error: Error) => error.message,
        )
      const messages = [
        await message(() => model.stream(video, {} as never)),
        await message(() => model.stream(video, { onFrame() {}, outputStrid: 8 } as never)),
        await message(() => model.segmentOnGpu(document.createElement('canvas'), { at: 'here' as never })),
      ]
      await model.dispose()
      return messages
    })
    expect(found).to.deep.equal([
      'onFrame: expected a function, got undefined',
      'outputStrid: unknown option; did you mean outputStride?',
      'at: expected photo or network, got "here"',
    ])
  })

  it('are counted by class, and a pixel tells its class', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const { MaskReader, openGpu } = window.atrous
      const gpu = await openGpu()
      const [width, height] = [301, 203]
      const ids = Uint8Array.from({ length: width * height }, (_, i) => (i * i) % 21)
      const padded = new Uint8Array(Math.ceil(ids.length / 4) * 4).fill(7) // the rest is not counted
      padded.set(ids)
      const mask = gpu.device.createBuffer({ size: padded.length, usage: 128 | 4 | 8 })
      gpu.device.queue.writeBuffer(mask, 0, padded)
      const reader = await MaskReader.create(gpu)
      const counts = await reader.count({ mask, width, height })
      const places = [
        [0, 0],
        [300, 202],
        [17, 101],
      ]
      const classes = await Promise.all(places.map(([x, y]) => reader.classAt({ mask, width, height }, x, y)))
      const expected = new Uint32Array(256)
      for (const id of ids) expected[id]++
      gpu.destroy()
      return {
        counts: [...counts],
        expected: [...expected],
        classes,
        truth: places.map(([x, y]) => ids[y * width + x]),
      }
    })
    expect(found.counts).to.deep.equal(found.expected)
    expect(found.classes).to.deep.equal(found.truth)
  })
})

for (const [way, flags] of [
  ['by way of its pixels', []],
  ['directly', CANVAS_FLAGS],
] as const)
  describe(`a painter draws on a canvas ${way}`, () => {
    const browser = useBrowser(undefined, { flags })

    const draw = async (outline?: number) => {
      const page = await browser.open()
      return page.evaluate(
        async ({ width, height, data, direct, outline }) => {
          const { openGpu, Painter } = window.atrous
          const gpu = await openGpu()
          // A canvas of a software adapter is drawn on directly only if the library takes the adapter for hardware.
          if (direct) Object.defineProperty(gpu, 'isCpu', { value: false })
          const canvas = document.createElement('canvas')
          Object.assign(canvas, { width, height })
          document.body.append(canvas)
          const bufferOf = (bytes: Uint8Array) => {
            const buffer = gpu.device.createBuffer({ size: bytes.length, usage: 128 | 8 })
            gpu.device.queue.writeBuffer(buffer, 0, bytes as BufferSource)
            return buffer
          }
          const photo = {
            data: bufferOf(new Uint8Array(data)),
            width,
            height,
            originalWidth: width,
            originalHeight: height,
          }
          const ids = Uint8Array.from({ length: 4 }, (_, i) => i) // 2 × 2
          const map = { mask: bufferOf(ids), width: 2, height: 2 }
          const colours = new Uint32Array(256)
          colours[1] = 0xff_00_00_ff
          colours[2] = 0x80_00_ff_00
          colours[3] = 0xff_ff_00_00
          const painter = await Painter.create(gpu, canvas)
          const painting = painter.paint({ photo, map, colours, split: 0.3, outline })
          if (!direct) await painting
          const copy = new OffscreenCanvas(width, height).getContext('2d')!
          copy.drawImage(canvas, 0, 0) // of WebGPU's canvases only in the task that draws on them
          const shown = copy.getImageData(0, 0, width, height).data
          await painting
          painter.destroy()
          gpu.destroy()
          return [...shown]
        },
        { width: WIDTH, height: HEIGHT, data: [...pixels], direct: flags.length > 0, outline },
      )
    }

    it('the photo, with the colours of classes right of the split', async () => {
      expect(worstOf(await draw(), () => false)).to.be.at.most(1)
    })

    it('outlines of the classes that cover any of the photo, inside their borders', async () => {
      const isOutline = (x: number, y: number) =>
        Math.min(Math.abs(x + 0.5 - WIDTH / 2), Math.abs(y + 0.5 - HEIGHT / 2)) < 2
      expect(worstOf(await draw(2), isOutline)).to.be.at.most(1)
    })
  })

const TINTS = [
  [0, 0, 0, 0],
  [255, 0, 0, 1],
  [0, 255, 0, 128 / 255],
  [0, 0, 255, 1],
]

/** The largest difference from what the painting should be, where each quarter is a class. */
function worstOf(found: readonly number[], isOutline: (x: number, y: number) => boolean): number {
  expect(found).to.have.length(pixels.length)
  let worst = 0
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const at = (y * WIDTH + x) * 4
      const [u, v] = [(x + 0.5) / WIDTH, (y + 0.5) / HEIGHT]
      const id = u < 0.3 ? 0 : Number(u >= 0.5) + 2 * Number(v >= 0.5)
      const [red, green, blue, alpha] = TINTS[id]
      const share = alpha > 0 && isOutline(x, y) ? 1 : alpha
      for (const [c, tint] of [red, green, blue].entries())
        worst = Math.max(worst, Math.abs(found[at + c] - (pixels[at + c] + (tint - pixels[at + c]) * share)))
      worst = Math.max(worst, Math.abs(found[at + 3] - 255))
    }
  return worst
}
