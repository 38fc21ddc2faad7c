// The facts about a backbone that the rest of the code reads. index.ts has the table of all backbones.

import type * as v from 'valibot'
import type { Parameter, Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import type { JsonObject } from '../../json_object.ts'
import type { Dropout } from '../layers.ts'
import type { Preprocessing } from '../preprocessing.ts'
import type { Recogniser } from '../recognition/recognised.ts'
import type { NetworkConfig } from './fields.ts'

/** A backbone together with the segmentation heads that belong to it: what is known without building its networks. */
export interface BackboneFacts<Config extends NetworkConfig> {
  /** @internal Checks each field of a config by itself and fills in the defaults. */
  schema: v.GenericSchema<unknown, Config>
  /** The first conflict between fields that are valid by themselves; undefined if there is none. */
  conflictIn?(config: Config): string | undefined
  /** The output strides at which one set of weights can run, ascending. */
  outputStrides(config: Config): number[]
  heads: Heads<Config>
  /** The preprocessing of a network that is trained from scratch. */
  preprocessing: Preprocessing
  /** The default weight decay of training. */
  weightDecay: number
  checkpoint: CheckpointLayout<Config>
}

/** A row of the table. */
export interface Backbone<Config extends NetworkConfig> extends BackboneFacts<Config> {
  /** Loads what recognises its networks by the names of their tensors: only a checkpoint without our config.json needs it. */
  recogniser(): Promise<Recogniser<Config>>
  /** Loads what builds its networks: a program loads only the networks that it uses. `loadNetwork` calls it. */
  builder(): Promise<NetworkBuilder<Config>>
}

/** The functions that add a backbone and its heads to graphs. */
export interface NetworkBuilder<Config extends NetworkConfig> {
  /** Adds the backbone to a graph: a normalised image [n, h, w, 3] → features [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, c]. */
  features(builder: GraphBuilder, image: Tensor, network: GraphParts<Config>): Features
  /** Adds the head without its classifier: the features → the classifier's input [n, h, w, c']. */
  head(builder: GraphBuilder, features: HeadFeatures, network: GraphParts<Config>): Tensor
  /** Adds the auxiliary head: the features of a middle block [n, h, w, c] → logits [n, h, w, classes]. */
  auxiliaryHead?(builder: GraphBuilder, middle: Tensor, network: GraphParts<Config>): Tensor
  /** Adds the logits to a graph, where they are more than the classifier makes of its input: the classifier's input → logits. */
  logits?(builder: GraphBuilder, x: Tensor, network: GraphParts<Config> & Pick<Features, 'skips'>): Tensor
  /** The layers whose output channels are the classes. Default: `heads.classifier` alone. */
  classifiers?(config: Config): string[]
  /** The values of a parameter that has fixed ones: training leaves them. Undefined for all other parameters. */
  fixedValues?(parameter: Parameter): Float32Array | undefined
}

/** The maps of a backbone that a head reads. */
export interface HeadFeatures {
  /** The last map: [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, c]. */
  features: Tensor
  /** The maps that a decoder reads, for each of `lowLevelStrides`: [n, ⌈h/stride⌉, ⌈w/stride⌉, c']. */
  lowLevel?: readonly Tensor[]
}

/** The maps that a backbone computes. */
export interface Features extends HeadFeatures {
  /** The map that the auxiliary head reads, where the backbone can have one. */
  middle?: Tensor
  /** The maps that skip connections hand to `logits`. Such a network cannot be cut into parts. */
  skips?: readonly Tensor[]
}

/** The options of a graph; the config decides the parameters. */
export interface GraphParts<Config extends NetworkConfig> {
  config: Config
  outputStride: number
  /** Only in training. */
  dropout?: Dropout
  /** Whether the graph computes the auxiliary head. */
  auxiliaryHead?: boolean
}

/** The names of layers that training treats differently. A backbone whose config has an auxiliary head must name it. */
type Heads<Config extends NetworkConfig> = {
  /** The last convolution, 1×1 with a bias, whose channels are the classes. */
  classifier: string
} & (Config extends { auxiliaryHead: boolean } ? { auxiliary: AuxiliaryHead } : { auxiliary?: undefined })

export interface AuxiliaryHead {
  /** The beginning of the names of all its parameters. */
  prefix: string
  /** Its last convolution. */
  classifier: string
}

/** The tensors and names of public checkpoints of a backbone's networks, besides our parameters. */
interface CheckpointLayout<Config extends NetworkConfig> {
  /** Whether a checkpoint may hold a tensor that segmentation does not use. */
  isUnused(name: string): boolean
  /** The preprocessing with which the public weights were trained. */
  preprocessing: Preprocessing
  /** Hugging Face's form of config.json. Without it, config.json has the form of this package. */
  huggingFace?: HuggingFaceLayout<Config>
}

export interface HuggingFaceLayout<Config extends NetworkConfig> {
  /** Whether Hugging Face has this network. Another one gets a config.json in the form of this package. */
  describes(config: Config): boolean
  /** The config.json with which Hugging Face's transformers loads our checkpoint. */
  write(config: Config, classNames: string[]): JsonObject
}
