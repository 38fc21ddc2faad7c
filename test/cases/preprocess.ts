import type { Image, Preprocess } from '../reference/preprocess.ts'
import { randomSource } from '../reference/random.ts'

export interface PreprocessCase {
  name: string
  /** of the image */
  from: readonly [height: number, width: number]
  /** of the network's input */
  to: readonly [height: number, width: number]
  mean: readonly [number, number, number]
  std: readonly [number, number, number]
  flip: boolean
  seed: number
  /** a real size, worth timing */
  bench?: boolean
}

/** What torchvision's networks were trained with: the statistics of ImageNet. */
const torchvision = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], flip: false, seed: 1 } as const
/** What MobileNetV2 was trained with: values from −1 to 1. */
const mobilenet = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], flip: false, seed: 1 } as const

export const cases: PreprocessCase[] = [
  { ...torchvision, name: 'one pixel', from: [1, 1], to: [1, 1] },
  { ...torchvision, name: 'one pixel to a map', from: [1, 1], to: [9, 7] },
  { ...torchvision, name: 'a map to one pixel', from: [33, 17], to: [1, 1] },
  { ...torchvision, name: 'one row', from: [1, 7], to: [5, 3] },
  { ...torchvision, name: 'same size: no filter at all', from: [17, 13], to: [17, 13] },
  { ...torchvision, name: 'same size, mirrored', from: [17, 13], to: [17, 13], flip: true },
  { ...torchvision, name: 'enlarge by odd ratios', from: [17, 13], to: [33, 47] },
  { ...torchvision, name: 'enlarge by odd ratios, mirrored', from: [5, 7], to: [17, 12], flip: true },
  { ...mobilenet, name: 'twice', from: [8, 9], to: [16, 18] },
  { ...mobilenet, name: 'half', from: [32, 18], to: [16, 9] },
  { ...torchvision, name: 'shrink by odd ratios', from: [101, 67], to: [33, 24] },
  { ...mobilenet, name: 'shrink by odd ratios, mirrored', from: [67, 40], to: [17, 13], flip: true },
  { ...mobilenet, name: 'shrink a little: a filter barely wider than a pixel', from: [34, 36], to: [33, 33] },
  { ...torchvision, name: 'enlarge one way, shrink the other', from: [9, 100], to: [33, 17] },
  { ...torchvision, name: 'a Pascal VOC photo', from: [375, 500], to: [513, 513], bench: true },
  { ...torchvision, name: 'a full-HD frame', from: [1080, 1920], to: [289, 513], bench: true },
]

/** The operands of a case, made from its seed: noise in all four channels, the hardest image for a filter. */
export function preprocessOf({ from, to, mean, std, flip, seed }: PreprocessCase): Preprocess {
  const next = randomSource(seed)
  const [height, width] = from
  const data = Uint8Array.from({ length: height * width * 4 }, () => Math.floor(next() * 256))
  const image: Image = { height, width, data }
  return { image, height: to[0], width: to[1], mean, std, flip }
}
