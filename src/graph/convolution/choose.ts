// Which strategy a convolution gets: chosen once a layer, by the device, the caller's policy and the mode.

import { UserError } from '../../errors.ts'
import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import type { Window } from '../../kernels/geometry.ts'
import type { ConvolutionTarget } from './policy.ts'
import { type Conv2dChoice, type Conv2dVariant, strategies } from './strategies.ts'
import type { ConvolutionStrategy } from './strategy.ts'

/** The key of a convolution, as text: all that its fastest strategy depends on, which is its shape and precision; not what is done to the sums at the end. */
export function conv2dKey(
  options: Pick<Conv2dOptions, 'input' | 'outChannels' | 'precision'> & Window,
): string {
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

/** The key of a convolution in `Policy.tuned`. In training, what is fastest includes making the weights ready. */
export const tunedKey = (options: Conv2dOptions, mode?: ConvolutionTarget['mode']): string =>
  `${conv2dKey(options)}${mode === 'training' ? ', in training' : ''}`

/** Those that can compute a convolution, and that the policy allows. */
export const strategiesFor = (
  options: Conv2dOptions,
  { device, policy }: ConvolutionTarget,
): ConvolutionStrategy<Conv2dVariant>[] =>
  strategies.filter(
    ({ supports, weights }) =>
      (weights === 'packed' || policy?.winograd !== false) && supports(options, device),
  )

/** All that tuning may choose: the strategies for a convolution, each with its tiles. */
export const candidatesFor = (
  options: Conv2dOptions,
  target: ConvolutionTarget,
): ConvolutionStrategy<Conv2dChoice>[] =>
  strategiesFor(options, target).flatMap(strategy => [
    strategy,
    ...(strategy.tiles?.(options, target.device) ?? []),
  ])

/**
 * The strategy that the caller forces; else the one that was measured to be fastest; else the one that is estimated to be.
 * Throws a UserError where the forced one cannot compute the convolution.
 */
export function chooseStrategy(
  options: Conv2dOptions,
  target: ConvolutionTarget,
): ConvolutionStrategy<Conv2dChoice> {
  const fitting = strategiesFor(options, target)
  const { device, policy, mode } = target
  const named = (text: string | undefined) => {
    const strategy = fitting.find(({ name }) => text === name || text?.startsWith(`${name} `))
    if (strategy === undefined || text === strategy.name) return strategy
    return strategy.tiles?.(options, device).find(({ name }) => name === text)
  }
  const forced = policy?.forced?.(options, device)
  if (forced !== undefined) {
    const found = named(forced)
    if (!found) throw new UserError(`${options.label}: ${forced} cannot compute ${conv2dKey(options)} here`)
    return found
  }
  const tuned = named(policy?.tuned?.get(tunedKey(options, mode)))
  if (tuned) return tuned
  const costs = fitting.map(strategy => ({ strategy, cost: strategy.cost(options, target) }))
  return costs.reduce((best, other) => (other.cost < best.cost ? other : best)).strategy
}
