// The target of a convolution: all that the choice of its strategy depends on, besides its shape.

import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import type { Conv2dChoice } from './strategies.ts'
import type { Device, StrategyTarget } from './target.ts'

/** The caller's wishes. */
export interface Policy {
  /** Whether Winograd's tiles may be chosen; default true. */
  winograd?: boolean
  /** The strategies that were measured to be fastest on the adapter, by `tunedKey`. Those that are unknown or do not fit are ignored. */
  tuned?: Tuned
  /**
   * The strategy that the caller forces on a convolution; undefined where the engine chooses. One that does not fit the
   * convolution or the device throws. The gradient of the weight follows it where it names Winograd's tiles, and those fit.
   */
  forced?: (convolution: Conv2dOptions, device: Device) => Conv2dChoice | undefined
}

/**
 * Strategies by convolution, both as text: `1×33×33×256 → 256, 1×1` and `conv2d_tiled 4×8 of 64×64, depth 16`. The text is the
 * name of a strategy, or the name and one of its tiles.
 */
export type Tuned = ReadonlyMap<string, string>

export interface ConvolutionTarget extends StrategyTarget {
  policy?: Policy
}
