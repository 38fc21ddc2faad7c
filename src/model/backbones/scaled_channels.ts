// The channels of layers in networks that are thinner or wider than the published ones.

/** The full network's channel count times the config's width, as a multiple of four (a vec4 lane). */
export const scaledChannels = (channels: number, { width }: { width: number }): number =>
  4 * Math.max(1, Math.round((channels * width) / 4))
