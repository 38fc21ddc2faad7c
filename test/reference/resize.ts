import { type Array4, indexOf, zeros } from './array4.ts'

export interface Resize {
  /** [n, h, w, c] */
  input: Array4
  /** of the output, in pixels */
  height: number
  width: number
  alignCorners: boolean
}

/** An output position between two input positions: value = (1 − fraction) · x[low] + fraction · x[high]. */
export interface Taps {
  low: number
  high: number
  fraction: number
}

/**
 * Where each output position of an axis lies on the input, in the conventions of PyTorch's `interpolate`:
 * with `alignCorners` the centres of the first and the last pixels coincide (TensorFlow's DeepLab); without it the
 * edges of the map do, and a position before the first centre is moved to it (torchvision's DeepLab).
 */
export function bilinearTaps(inLength: number, outLength: number, alignCorners: boolean): Taps[] {
  return Array.from({ length: outLength }, (_, i) => {
    const source = alignCorners
      ? (i * (inLength - 1)) / Math.max(1, outLength - 1)
      : Math.max(0, ((i + 0.5) * inLength) / outLength - 0.5)
    const low = Math.min(Math.floor(source), inLength - 1)
    return { low, high: Math.min(low + 1, inLength - 1), fraction: source - low }
  })
}

/** Bilinear resize: [n, h, w, c] → [n, height, width, c]. Shrinking skips pixels, it does not average them. */
export function resize({ input, height, width, alignCorners }: Resize): Array4 {
  const [batch, inH, inW, channels] = input.shape
  const rows = bilinearTaps(inH, height, alignCorners)
  const columns = bilinearTaps(inW, width, alignCorners)
  const output = zeros([batch, height, width, channels])

  for (let n = 0; n < batch; n++) {
    for (let h = 0; h < height; h++) {
      const { low: top, high: bottom, fraction: down } = rows[h]
      for (let w = 0; w < width; w++) {
        const { low: left, high: right, fraction: across } = columns[w]
        const topLeft = indexOf(input.shape, n, top, left, 0)
        const topRight = indexOf(input.shape, n, top, right, 0)
        const bottomLeft = indexOf(input.shape, n, bottom, left, 0)
        const bottomRight = indexOf(input.shape, n, bottom, right, 0)
        const out = indexOf(output.shape, n, h, w, 0)
        for (let c = 0; c < channels; c++) {
          const above = (1 - across) * input.data[topLeft + c] + across * input.data[topRight + c]
          const below = (1 - across) * input.data[bottomLeft + c] + across * input.data[bottomRight + c]
          output.data[out + c] = (1 - down) * above + down * below
        }
      }
    }
  }
  return output
}
