import { type Array4, indexOf, zeros } from './array4.ts'
import { triangleWindows } from './preprocess.ts'

export interface PreprocessSamples {
  /** [n, h, w, channels] */
  images: Array4
  /** of the output, in pixels */
  height: number
  width: number
  /** of each channel, on the scale of the samples */
  mean: readonly number[]
  std: readonly number[]
  /** mirror the result left to right */
  flip: boolean
}

/** Images as the network wants them: [n, height, width, channels], each channel resized as by `preprocess`, and then (x − mean) / std. */
export function preprocessSamples({ images, height, width, mean, std, flip }: PreprocessSamples): Array4 {
  const [n, h, w, channels] = images.shape
  const rows = triangleWindows(h, height)
  const columns = triangleWindows(w, width)
  const output = zeros([n, height, width, channels])
  for (let i = 0; i < n; i++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) {
          let sum = 0
          for (const [j, share] of rows[y].shares.entries())
            for (const [k, part] of columns[x].shares.entries()) {
              const from = indexOf(images.shape, i, rows[y].first + j, columns[x].first + k, c)
              sum += share * part * images.data[from]
            }
          const to = indexOf(output.shape, i, y, flip ? width - 1 - x : x, c)
          output.data[to] = (sum - mean[c]) / std[c]
        }
  return output
}
