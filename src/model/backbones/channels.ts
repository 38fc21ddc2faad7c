// The channels of a layer in a network of another width.

/** The full network's channel count times a width, as a multiple of four (a vec4 lane). */
export const channelsAt = (channels: number, { width }: { width: number }): number =>
  4 * Math.max(1, Math.round((channels * width) / 4))
