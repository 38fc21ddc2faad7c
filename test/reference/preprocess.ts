import { type Array4, indexOf, zeros } from './array4.ts'

/** RGBA, one byte each, row by row from the top left. */
export interface Image {
  height: number
  width: number
  data: Uint8Array
}

export interface Preprocess {
  image: Image
  /** of the output, in pixels */
  height: number
  width: number
  /** of red, green and blue, on a scale from 0 to 1 */
  mean: readonly [number, number, number]
  std: readonly [number, number, number]
  /** mirror the result left to right */
  flip: boolean
  /** the order of the output's channels; red first by default */
  channels?: 'rgb' | 'bgr'
}

/** The share of every input position in one output position; the shares of positions from `first` on, summing to 1. */
interface TriangleWindow {
  first: number
  shares: number[]
}

/**
 * The antialiased bilinear filter of PIL and of torchvision's `antialias=True`: a triangle around the output pixel's
 * centre, reaching one input pixel to each side when enlarging and one output pixel when shrinking, cut off at the image's
 * edge and normalised. (In float32 the distance |j + ½ − centre| needs an integer numerator, |(2j+1)·out − (2i+1)·in|:
 * a rounded centre, 1e-5 pixels off, shows tenfold the tolerance on noise at 513×513.)
 */
export function triangleWindows(inLength: number, outLength: number): TriangleWindow[] {
  const scale = inLength / outLength
  const support = Math.max(1, scale)
  return Array.from({ length: outLength }, (_, i) => {
    const centre = (i + 0.5) * scale
    const first = Math.max(0, Math.floor(centre - support))
    const last = Math.min(inLength - 1, Math.ceil(centre + support))
    const shares: number[] = []
    for (let j = first; j <= last; j++) shares.push(Math.max(0, 1 - Math.abs(j + 0.5 - centre) / support))
    const sum = shares.reduce((total, share) => total + share)
    return { first, shares: shares.map(share => share / sum) }
  })
}

/**
 * An image as the network wants it: [1, height, width, 3], each channel resized and then (x / 255 − mean) / std.
 * Alpha is ignored. Nothing is rounded to bytes on the way (PIL rounds after each axis: it differs by up to a level).
 */
export function preprocess({ image, height, width, mean, std, flip, channels }: Preprocess): Array4 {
  const rows = triangleWindows(image.height, height)
  const columns = triangleWindows(image.width, width)
  const narrowed = zeros([1, image.height, width, 3])
  const output = zeros([1, height, width, 3])

  for (let h = 0; h < image.height; h++) {
    for (let w = 0; w < width; w++) {
      for (let c = 0; c < 3; c++) {
        const { first, shares } = columns[w]
        let sum = 0
        for (let j = 0; j < shares.length; j++) {
          sum += shares[j] * image.data[(h * image.width + first + j) * 4 + c]
        }
        narrowed.data[indexOf(narrowed.shape, 0, h, w, c)] = sum
      }
    }
  }

  for (let h = 0; h < height; h++) {
    for (let w = 0; w < width; w++) {
      for (let c = 0; c < 3; c++) {
        const { first, shares } = rows[h]
        let sum = 0
        for (let j = 0; j < shares.length; j++) {
          sum += shares[j] * narrowed.data[indexOf(narrowed.shape, 0, first + j, w, c)]
        }
        const outW = flip ? width - 1 - w : w
        const channel = channels === 'bgr' ? 2 - c : c
        output.data[indexOf(output.shape, 0, h, outW, channel)] = (sum / 255 - mean[c]) / std[c]
      }
    }
  }
  return output
}
