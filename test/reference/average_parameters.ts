export interface AverageParameters {
  /** [count], as the averages */
  parameters: Float64Array
  averages: Float64Array
  /** of the parameters in the new averages */
  share: number
}

/** One step of an exponential moving average. */
export const averageParameters = ({ parameters, averages, share }: AverageParameters): Float64Array =>
  averages.map((average, i) => (1 - share) * average + share * parameters[i])
