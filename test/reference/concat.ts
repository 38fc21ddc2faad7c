import { type Array4, indexOf, zeros } from './array4.ts'

/** Arrays of the same n, h and w, one after the other along the channels. */
export function concat(inputs: readonly Array4[]): Array4 {
  const [batch, height, width] = inputs[0].shape
  const channels = inputs.reduce((total, { shape }) => total + shape[3], 0)
  const output = zeros([batch, height, width, channels])

  let offset = 0
  for (const input of inputs) {
    for (let n = 0; n < batch; n++) {
      for (let h = 0; h < height; h++) {
        for (let w = 0; w < width; w++) {
          for (let c = 0; c < input.shape[3]; c++) {
            output.data[indexOf(output.shape, n, h, w, offset + c)] =
              input.data[indexOf(input.shape, n, h, w, c)]
          }
        }
      }
    }
    offset += input.shape[3]
  }
  return output
}
