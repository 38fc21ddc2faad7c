export interface MultiplyAdd {
  input: Float64Array
  chains: number
  /** of each chain */
  steps: number
  factor: number
  addend: number
}

/** For each value of the input Σ x_c over the chains c, where x_c is input + c, then `steps` times x_c · factor + addend. */
export function multiplyAdd({ input, chains, steps, factor, addend }: MultiplyAdd): Float64Array {
  return input.map(start => {
    let sum = 0
    for (let c = 0; c < chains; c++) {
      let x = start + c
      for (let step = 0; step < steps; step++) x = x * factor + addend
      sum += x
    }
    return sum
  })
}
