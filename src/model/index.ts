/**
 * DeepLabv3 as a graph, its configs and presets, and its weights before training.
 * @module atrous/model
 */

export { loadNetwork } from './backbones/index.ts'
export type * from './backbones/table.ts'
export { deepLabConfig, outputStrides } from './config.ts'
export { deepLab, deepLabInTraining, type NetworkParts } from './deeplab.ts'
export { initialValues, initialWeights, networkParameters } from './initial_weights.ts'
export type { Dropout } from './layers.ts'
export { CAFFE, IMAGENET, networkSize, type Preprocessing, TENSORFLOW, TORCHVISION } from './preprocessing.ts'
export { type Inference, type Preset, preset, presets } from './presets.ts'
