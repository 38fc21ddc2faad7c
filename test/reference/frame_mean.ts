import type { Array4 } from './array4.ts'

export interface FrameMean {
  /** Both of one shape. */
  frame: Array4
  mean: Array4
  /** of the frame in the new mean */
  share: number
}

/** One step of an exponential mean. */
export const frameMean = ({ frame, mean, share }: FrameMean): Array4 => ({
  shape: mean.shape,
  data: mean.data.map((before, i) =>
    share === 1 ? frame.data[i] : (1 - share) * before + share * frame.data[i],
  ),
})
