// A photo with edges, and noisy probabilities of what is in it.

import type { CrfJob } from '../../src/crf/refine.ts'
import { usage } from '../../src/gpu/buffers.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { padChannels } from '../../src/kernels/layout.ts'
import { type Array4, zeros } from '../reference/array4.ts'
import type { Colours } from '../reference/dense_crf.ts'
import { randomSource } from '../reference/random.ts'

export interface Scene {
  width: number
  height: number
  classes: number
  seed: number
  /** The largest change of a colour by noise. Default 12. */
  noise?: number
}

/** A disc and a bar on a background that brightens, each of another class and colour, with noise. */
export function sceneOf({ width, height, classes, seed, noise = 12 }: Scene): {
  colours: Colours
  probabilities: Array4
} {
  const next = randomSource(seed)
  const colours = zeros([1, height, width, 3])
  const probabilities = zeros([1, height, width, classes])
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    const inDisc = Math.hypot(x / width - 0.35, (y - 0.5 * height) / width) < 0.22
    const inBar = x > 0.7 * width && x < 0.85 * width
    const label = inDisc ? Math.min(1, classes - 1) : inBar ? classes - 1 : 0
    const base = inDisc ? [200, 70, 50] : inBar ? [40, 60, 150] : [70 + (60 * x) / width, 130, 80]
    for (let c = 0; c < 3; c++)
      colours.data[pixel * 3 + c] = Math.max(0, Math.min(255, Math.round(base[c] + noise * (2 * next() - 1))))
    const logits = Array.from({ length: classes }, (_, c) => (c === label ? 1.5 : 0) + 4 * next() * next())
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0)
    logits.forEach((logit, c) => {
      probabilities.data[pixel * classes + c] = Math.fround(Math.exp(logit) / sum)
    })
  }
  return { colours, probabilities }
}

/** The bytes of a photo: red, green, blue, alpha. */
export function rgbaOf({ data }: Colours): Uint8Array {
  const rgba = new Uint8Array((data.length / 3) * 4).fill(255)
  data.forEach((value, i) => {
    rgba[Math.floor(i / 3) * 4 + (i % 3)] = value
  })
  return rgba
}

/** The part of a job that a scene has, with its probabilities on the GPU. The caller releases `scores.buffer`. */
export async function sceneJob(
  gpu: Gpu,
  { colours, probabilities }: { colours: Colours; probabilities: Array4 },
): Promise<Pick<CrfJob, 'scores' | 'photo' | 'width' | 'height'>> {
  const [, height, width] = colours.shape
  const data = padChannels(Float32Array.from(probabilities.data), probabilities.shape)
  const buffer = await gpu.allocate('scores', data.byteLength, usage.storage | usage.copyDestination)
  gpu.device.queue.writeBuffer(buffer, 0, data as BufferSource)
  const scores: CrfJob['scores'] = { buffer, shape: probabilities.shape, dtype: 'f32', kind: 'probabilities' }
  return { scores, photo: { data: rgbaOf(colours), width, height }, width, height }
}
