// How long a CRF takes on a GPU: a short measurement, scaled by pixels. The page loads this when somebody looks at the option.

import { crfPresets } from '../../../src/crf/crf_parameters.ts'
import { refine } from '../../../src/crf/refine.ts'
import { usage } from '../../../src/gpu/buffers.ts'
import type { Gpu } from '../../../src/gpu/gpu.ts'
import { activationBytes } from '../../../src/kernels/layout.ts'
import type { Image } from '../../../src/web/index.ts'

/** Milliseconds a pixel. */
export interface CrfRate {
  all: number
  iteration: number
}

/** Edges of the picture that is measured: the next one where the last was too quick to tell. */
const EDGES = [128, 256, 512]
const LONG_ENOUGH_MS = 150

/** The rate for a photo like this one and so many classes. The published parameters all have as many iterations. */
export async function measureCrf(gpu: Gpu, image: Image, classes: number): Promise<CrfRate> {
  for (const [i, edge] of EDGES.entries()) {
    if (i === 0) await runCrf(gpu, sampled(image, edge), classes) // compiles
    const { all, iteration } = await runCrf(gpu, sampled(image, edge), classes)
    const pixels = edge * edge
    if (all >= LONG_ENOUGH_MS || i === EDGES.length - 1)
      return { all: all / pixels, iteration: iteration / pixels }
  }
  throw new Error('no edges')
}

async function runCrf(gpu: Gpu, photo: Pick<Image, 'data' | 'width' | 'height'>, classes: number) {
  const { width, height } = photo
  const shape = [1, height, width, classes] as const
  const buffer = await gpu.allocate('scores', activationBytes(shape), usage.storage) // zeros: every class alike
  const laps = new Laps()
  try {
    await refine(gpu, {
      scores: { buffer, shape, dtype: 'f32', kind: 'probabilities' },
      ...{ photo, width, height, parameters: crfPresets.v2, bilateral: 'lattice' },
      ...{ signal: new AbortController().signal, onIteration: () => laps.lap() },
    })
    return { all: performance.now() - laps.start, iteration: laps.mean }
  } finally {
    gpu.release(buffer)
  }
}

/** The times of iterations: the first one begins with all that is prepared for them. */
export class Laps {
  readonly start = performance.now()
  #first = 0
  #last = 0
  #laps = -1

  lap(): void {
    this.#last = performance.now()
    if (++this.#laps === 0) this.#first = this.#last
  }

  get mean(): number {
    return (this.#last - this.#first) / Math.max(1, this.#laps)
  }
}

/** The photo's pixels at another size, each the nearest one. */
function sampled({ data, width, height }: Image, edge: number) {
  const from = new Uint32Array(data.slice().buffer)
  const pixels = Uint32Array.from({ length: edge * edge }, (_, i) => {
    const x = Math.floor((((i % edge) + 0.5) * width) / edge)
    const y = Math.floor(((Math.floor(i / edge) + 0.5) * height) / edge)
    return from[y * width + x]
  })
  return { data: new Uint8Array(pixels.buffer), width: edge, height: edge }
}
