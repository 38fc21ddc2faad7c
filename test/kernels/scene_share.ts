import { sceneShare } from '../../src/kernels/video/scene_share.ts'
import { randomValues } from '../reference/random.ts'
import { cellChange, cellGreys } from '../reference/scene_share.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  width: number
  height: number
  /** How much brighter the frame is than the last one, at every pixel; by half of the cells, more or less. */
  change: number
  isFirst?: boolean
}

const SHARE = 0.35
/** The change of grey from which on a scene is new. */
const CUT = 12

export const suite: KernelSuite<Case> = {
  shader: 'scene_share',
  cases: [
    { name: 'the first frame', width: 40, height: 30, change: 0, isFirst: true, answer: true },
    { name: 'the same picture', width: 40, height: 30, change: 0 },
    { name: 'the same scene, nearly a new one', width: 131, height: 67, change: 11.5, answer: true },
    { name: 'a new scene', width: 131, height: 67, change: 12.5, answer: true },
    { name: 'one pixel', width: 1, height: 1, change: 100 },
    { name: 'wide', width: 517, height: 3, change: 5 },
    { name: 'high', width: 3, height: 517, change: 20 },
    { name: '1280×720', width: 1280, height: 720, change: 5, bench: true },
  ],
  run({ name: label, width, height, change, isFirst = false }) {
    const data = Uint8Array.from(randomValues(width * height * 4, 1), value => 128 + 127 * value)
    const cells = cellGreys({ data, width, height })
    const before = Float32Array.from(cells, (grey, i) => grey + (i % 2 ? change : -change))
    return {
      kernel: sceneShare({ label, width, height, share: SHARE }),
      data: { photo: data, cells: before, share: Float32Array.of(isFirst ? 0 : 1) },
      expected: {
        cells: floats(() => cells, { rtol: 1e-6 }),
        share: floats(
          () => {
            const isNew = isFirst || cellChange(Float64Array.from(before), cells) > CUT
            return Float64Array.of(isNew ? 1 : SHARE)
          },
          { rtol: 1e-6 },
        ),
      },
    }
  },
}
