export interface AccumulateGradients {
  /** [count], both */
  gradients: Float64Array
  sums: Float64Array
  /** of the micro-batch in the batch */
  share: number
}

/** sums + share · gradients. */
export const accumulateGradients = ({ gradients, sums, share }: AccumulateGradients): Float64Array =>
  sums.map((sum, i) => sum + share * gradients[i])
