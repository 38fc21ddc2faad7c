// A network as a checkpoint's tensors tell it.

import type { NetworkConfig, NetworkOptions } from '../backbones/fields.ts'

/** A checkpoint's tensors by name. */
export type TensorShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>

/** A network as its tensors' names and shapes tell it. They tell neither atrous rates nor the output stride. */
export interface RecognisedNetwork<Config extends NetworkConfig> {
  /** The part that `atrous weights inspect --json` prints. */
  architecture: Architecture
  /** The config. Fields that the tensors do not tell are as in the public weights. */
  options: NetworkOptions<Config>
  /** One line for a reader. */
  description: string
  /** The library whose names these are. */
  namedBy: string
}

export interface Architecture {
  /** The layout of names. */
  family: string
  classes: number
}

/** Recognises the networks of one layout of names. */
export interface Recogniser<Config extends NetworkConfig> {
  /** The name of the networks in messages, such as DeepLabv3-ResNet. */
  network: string
  /** The network that has these tensors; undefined if they belong to another network. */
  recognise(tensors: TensorShapes): RecognisedNetwork<Config> | undefined
}

/** The first of 0, 1, 2 … for which `holds` is false. */
export function countWhile(holds: (index: number) => boolean): number {
  let count = 0
  while (holds(count)) count++
  return count
}

/** The output channels of a convolution; undefined if the checkpoint does not have its weight. */
export function outputChannels(tensors: TensorShapes, weightName: string): number | undefined {
  return tensors.get(weightName)?.shape[0]
}
