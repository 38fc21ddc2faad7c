// Which strategy a convolution gets: chosen once a layer, by the device, the caller's policy and the mode.

import { UserError } from '../../errors.ts'
import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import { type Conv2dVariant, strategies } from './strategies.ts'
import type { ConvolutionStrategy } from './strategy.ts'
import type { ConvolutionTarget } from './target.ts'

/** What the fastest variant of a convolution depends on, as text: its shape and precision; not what is done to the sums at the end. */
export function conv2dKey(options: Conv2dOptions): string {
  const { input, outChannels, kernel, stride, dilation, padding, precision } = options
  const { top, left, bottom, right } = padding
  const sides = new Set([top, left, bottom, right]).size > 1 ? [top, left, bottom, right] : [top]
  return [
    `${input.join('×')} → ${outChannels}`,
    kernel.join('×'),
    ...(stride > 1 ? [`stride ${stride}`] : []),
    ...(dilation > 1 ? [`rate ${dilation}`] : []),
    ...(sides.some(side => side > 0) ? [`padding ${sides.join(' ')}`] : []),
    ...(precision === 'fp16' ? ['fp16'] : []),
  ].join(', ')
}

/** Those that can compute a convolution, and that the policy allows. */
export const strategiesFor = (
  options: Conv2dOptions,
  { device, policy }: ConvolutionTarget,
): ConvolutionStrategy<Conv2dVariant>[] =>
  strategies.filter(
    ({ supports, weights }) =>
      (weights === 'packed' || policy?.winograd !== false) && supports(options, device),
  )

/**
 * The strategy that the caller forces; else the one that was measured to be fastest; else the one that is estimated to be.
 * Throws a UserError where the forced one cannot compute the convolution.
 */
export function chooseStrategy(
  options: Conv2dOptions,
  target: ConvolutionTarget,
): ConvolutionStrategy<Conv2dVariant> {
  const candidates = strategiesFor(options, target)
  const named = (variant: Conv2dVariant | undefined) => candidates.find(({ name }) => name === variant)
  const { device, policy } = target
  const forced = policy?.forced?.(options, device)
  if (forced !== undefined) {
    const found = named(forced)
    if (!found) throw new UserError(`${options.label}: ${forced} cannot compute ${conv2dKey(options)} here`)
    return found
  }
  const tuned = named(policy?.tuned?.get(conv2dKey(options)))
  if (tuned) return tuned
  const costs = candidates.map(strategy => ({ strategy, cost: strategy.cost(options, target) }))
  return costs.reduce((best, other) => (other.cost < best.cost ? other : best)).strategy
}
