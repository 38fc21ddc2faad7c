// The gradient of a dense convolution's input, phase by phase: where it is no convolution itself.

import type { Kernel } from '../../gpu/kernel.ts'
import {
  type Conv2dBackwardInputOptions,
  conv2dBackwardInput,
  conv2dBackwardInputSubgroup,
  conv2dBackwardInputTiled,
} from '../../kernels/convolution/conv2d_backward_input.ts'
import { subgroupTile } from '../../kernels/convolution/subgroup_tile.ts'
import { inputGradientKey } from './gradient_keys.ts'
import { inputGradientTile, inputGradientTiles } from './gradient_tiles.ts'
import type { ConvolutionTarget } from './policy.ts'
import { registerTiles, stagedTileName, subgroupTileName, subgroupTiles, tileName } from './space.ts'
import type { Candidate } from './strategy.ts'
import type { Device } from './target.ts'
import { throughTextures } from './through_textures.ts'

interface PhaseKernel extends Candidate {
  kernel: Kernel
}

const PLAIN = 'conv2d_backward_input'
const SUBGROUP = 'conv2d_backward_input_subgroup'
const TILED = 'conv2d_backward_input_tiled'

/** The kernel for any stride: input pixels of one phase have the same taps. The one that was tuned, else by the device. */
export function inputGradientByPhases(
  options: Conv2dBackwardInputOptions,
  { device, policy }: ConvolutionTarget,
): PhaseKernel {
  const tuned = policy?.tuned?.get(inputGradientKey(options))
  const found = tuned && phaseKernels(options, device).find(({ name }) => name === tuned)
  if (found) return found
  if (!device.isCpu)
    return named(TILED, conv2dBackwardInputTiled({ ...options, tile: inputGradientTile(device) }))
  return device.subgroupSize === undefined
    ? named(PLAIN, conv2dBackwardInput(options))
    : named(SUBGROUP, bySubgroups(options, device))
}

/** All that tuning may choose: the kernels as they are, and with other tiles. */
export function phaseKernels(options: Conv2dBackwardInputOptions, device: Device): PhaseKernel[] {
  const channels = options.input[3]
  const plain = registerTiles(channels).map(tile =>
    named(`${PLAIN} ${tileName(tile)}`, conv2dBackwardInput({ ...options, tile })),
  )
  const tiled = inputGradientTiles.map(tile =>
    named(`${TILED} ${stagedTileName(tile)}`, conv2dBackwardInputTiled({ ...options, tile })),
  )
  const all = [named(PLAIN, conv2dBackwardInput(options)), ...plain, ...tiled]
  if (device.subgroupSize === undefined) return all
  const subgroup = subgroupTiles(channels).map(tile =>
    named(`${SUBGROUP} ${subgroupTileName(tile)}`, bySubgroups(options, device, tile)),
  )
  return [...all, named(SUBGROUP, bySubgroups(options, device)), ...subgroup]
}

function bySubgroups(
  options: Conv2dBackwardInputOptions,
  device: Device,
  tile = subgroupTile(options.input[3], device),
): Kernel {
  const kernel = conv2dBackwardInputSubgroup({ ...options, tile, subgroupSize: device.subgroupSize! })
  const { row_tiles: weight, k_h, k_w, stride } = kernel.params
  // Of the taps, an output pixel has each in one phase alone.
  const columnTiles = kernel.workgroups / (weight * stride ** 2)
  return throughTextures(kernel, device, { input: k_h * k_w * columnTiles, weight })
}

const named = (name: string, kernel: Kernel): PhaseKernel => ({ name, kernel, work: kernel.macs! })
