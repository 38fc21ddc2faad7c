// The whole cut-out against the guided filter and blur fusion in float64.

import { expect } from 'chai'
import { cutOut } from '../../src/cutout/cut_out.ts'
import {
  boxMeanAlong,
  coefficientsOf,
  layersOf,
  mattePixelsOf,
  momentsOf,
} from '../reference/guided_filter.ts'
import { randomSource } from '../reference/random.ts'
import { testGpu } from '../support/gpu.ts'

const EPS = 1e-4

/** A reddish disc on a bluish ground, with noise, and a probability whose edge is soft and too far out. */
function sceneOf(width: number, height: number, softness = 2) {
  const next = randomSource(1)
  const data = new Uint8Array(width * height * 4).fill(255)
  const probability = new Float32Array(width * height)
  for (let at = 0; at < width * height; at++) {
    const distance = Math.hypot((at % width) - width / 2, Math.floor(at / width) - height / 2)
    const colour = distance < height / 3 ? [200, 70, 50] : [40, 90, 180]
    for (let channel = 0; channel < 3; channel++) data[at * 4 + channel] = colour[channel] + 40 * next()
    probability[at] = 1 / (1 + Math.exp((distance - height / 3 - 1) / softness))
  }
  const photo = { data, width, height, originalWidth: width, originalHeight: height }
  return { photo, probability: { data: probability, width, height } }
}

function expected({ photo, probability }: ReturnType<typeof sceneOf>): Float64Array {
  const { data, width, height } = photo
  const radius = Math.max(1, Math.round(0.015 * Math.max(width, height)))
  const means = (values: Float64Array) => {
    const inner = values.length / (width * height)
    const rows = boxMeanAlong(values, { shape: [height, width, inner], radius })
    return boxMeanAlong(rows, { shape: [1, height, width * inner], radius })
  }
  const colours = Float64Array.from(data, (value, i) => (i % 4 < 3 ? value / 255 - 0.5 : 0))
  const p = Float64Array.from({ length: data.length }, (_, i) => (i % 4 === 0 ? probability.data[i / 4] : 0))
  const coefficients = means(coefficientsOf(means(momentsOf(colours, p)), EPS))
  const layers = means(layersOf(colours, coefficients))
  return mattePixelsOf({ photo: data, height, width, coefficients, layers, h: height, w: width })
}

describe('cutOut', () => {
  for (const [width, height] of [
    [90, 70],
    [33, 131],
  ])
    it(`has the alpha and the colours of a guided filter in float64, ${width}×${height}`, async () => {
      const scene = sceneOf(width, height)
      const gpu = await testGpu()
      const { liveBytes } = gpu.memory
      const { pixels } = await cutOut(gpu, scene)
      expect(gpu.memory.liveBytes, 'bytes of buffers that remain').to.equal(liveBytes)
      expect([pixels.width, pixels.height]).to.deep.equal([width, height])
      const reference = expected(scene)
      const alphas = reference.filter((_, i) => i % 4 === 3)
      const alpha = alphas.map((value, pixel) => Math.abs(value - pixels.data[pixel * 4 + 3]))
      // A pixel without alpha shows no colour.
      const shown = reference.map((value, i) => (Math.abs(value - pixels.data[i]) * alphas[i >> 2]) / 255)
      expect(Math.max(...alpha)).to.be.at.most(1)
      expect(Math.max(...shown.filter((_, i) => i % 4 < 3))).to.be.at.most(1)
    })

  it('moves a soft edge to that of the photo', async () => {
    const scene = sceneOf(300, 210, 4)
    const { pixels } = await cutOut(await testGpu(), scene)
    const alpha = (x: number) => pixels.data[(105 * 300 + x) * 4 + 3] / 255
    const before = (x: number) => scene.probability.data[105 * 300 + x]
    // The disc ends at x = 220.
    expect(alpha(218) - alpha(222)).to.be.above(1.8 * (before(218) - before(222)))
  })

  it('takes any size of probability, one pixel too', async () => {
    const { photo } = sceneOf(9, 5)
    const one = { data: Float32Array.of(1), width: 1, height: 1 }
    const { pixels } = await cutOut(await testGpu(), { photo, probability: one })
    expect([...new Set(pixels.data.filter((_, i) => i % 4 === 3))]).to.deep.equal([255])
    expect(pixels.data.every((value, i) => Math.abs(value - photo.data[i]) <= 1)).to.equal(true)
  })

  it('works at a reduced size, and strip by strip, on a photo of 9 megapixels (slow)', async () => {
    const width = 3600
    const height = 2500
    const data = new Uint8Array(width * height * 4).fill(255)
    for (let at = 0; at < width * height; at++) data[at * 4] = at % width < 1800 ? 200 : 20
    const half = { data: Float32Array.from({ length: 60 }, (_, i) => Number(i < 30)), width: 60, height: 1 }
    const { pixels } = await cutOut(await testGpu(), { photo: { data, width, height }, probability: half })
    const alpha = (x: number, y: number) => pixels.data[(y * width + x) * 4 + 3]
    for (const y of [0, 1250, 2499])
      expect([alpha(0, y), alpha(1700, y), alpha(1900, y), alpha(3599, y)]).to.deep.equal([255, 255, 0, 0])
  })

  it('blurs the background without the colours of the foreground', async () => {
    const { backdrop } = await cutOut(await testGpu(), { ...sceneOf(90, 70), withBackdrop: true })
    expect([backdrop?.width, backdrop?.height]).to.deep.equal([90, 70])
    // Beside the disc, where its red would show.
    const [red, , blue] = backdrop!.data.subarray((35 * 90 + 71) * 4)
    expect(red).to.be.below(75)
    expect(blue).to.be.above(185)
  })

  it('ends by a signal', async () => {
    const reason = new Error('enough')
    const job = { ...sceneOf(9, 5), signal: AbortSignal.abort(reason) }
    const gpu = await testGpu()
    const { liveBytes } = gpu.memory
    expect(await cutOut(gpu, job).catch(error => error)).to.equal(reason)
    expect(gpu.memory.liveBytes).to.equal(liveBytes)
  })
})
