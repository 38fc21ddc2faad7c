import type { Dataset, Labels } from '../../src/data/dataset.ts'
import { UserError } from '../../src/errors.ts'

/** Labels of 2×2 pixels, or the error of the image. */
export type TinyLabels = [number, number, number, number] | string

/** A dataset of grey images that are not in files: `image 0`, `image 1` and so on. */
export function memoryDataset(classNames: readonly string[], labels: TinyLabels[]): Dataset {
  const [width, height] = [2, 2]
  const readLabels = async (index: number): Promise<Labels> => {
    const values = labels[index]
    if (typeof values === 'string') throw new UserError(values)
    return { mask: Uint8Array.from(values), width, height }
  }
  return {
    name: 'memory',
    classNames,
    size: labels.length,
    ids: labels.map((_, index) => `image ${index}`),
    readLabels,
    async read(index) {
      const data = new Uint8Array(width * height * 4).fill(index)
      const image = { width, height, data, originalWidth: width, originalHeight: height }
      return { id: `image ${index}`, image, ...(await readLabels(index)) }
    },
  }
}
