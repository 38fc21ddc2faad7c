// The layers that know the classes: the last convolution of each head, which other classes need anew.

import { UserError } from '../errors.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import type { DeepLabConfig } from './config.ts'
import { initialValues, networkParameters, normalSource } from './initial_weights.ts'

/** Small enough that an untrained classifier starts out undecided, with a loss of about ln(classes); as TensorFlow's DeepLab. */
const DEVIATION = 0.01

/** Their names: of every ResNet, of its auxiliary head, and of MobileNetV2. */
const CLASSIFIERS = ['classifier.4', 'aux_classifier.4', 'segmentation_head.classifier.convolution']

const isOfClassifier = ({ name }: Parameter) =>
  CLASSIFIERS.some(classifier => name === `${classifier}.weight` || name === `${classifier}.bias`)

const isOfAuxiliaryHead = ({ name }: Parameter) => name.startsWith('aux_classifier.')

/** Weight [classes, c, 1, 1] and bias [classes] of each head's classifier. */
export const classifierParameters = (config: DeepLabConfig): Parameter[] =>
  networkParameters(config).filter(isOfClassifier)

/** What training may move faster than the rest: the classifier, and all of an auxiliary head, as torchvision's recipe does. */
export const headParameters = (config: DeepLabConfig): Parameter[] =>
  networkParameters(config).filter(parameter => isOfClassifier(parameter) || isOfAuxiliaryHead(parameter))

/** A network and its weights by name. */
interface Weighted {
  config: DeepLabConfig
  parameters: Map<string, Float32Array>
}

/**
 * The network with an untrained classifier for `classes` classes in each head, its weights drawn from `seed` and its bias zero;
 * all other weights stay, and are shared with `model`.
 */
export function withNewClassifier<T extends Weighted>(
  model: T,
  { classes, seed }: { classes: number; seed: number },
): T {
  const config = { ...model.config, classes }
  const untrained = untrainedClassifiers(classifierParameters(config), seed)
  return { ...model, config, parameters: new Map([...model.parameters, ...untrained]) }
}

/**
 * The ResNet with an untrained auxiliary head, drawn from `seed`; all other weights stay, and a network that has the head stays
 * as it is. Throws a UserError for other networks.
 */
export function withAuxiliaryHead<T extends Weighted>(model: T, { seed }: { seed: number }): T {
  if (model.config.backbone === 'mobilenet_v2')
    throw new UserError('only ResNets have an auxiliary head, not mobilenet_v2')
  if (model.config.auxiliaryHead) return model
  const config = { ...model.config, auxiliaryHead: true }
  const head = networkParameters(config).filter(isOfAuxiliaryHead)
  const untrained = [...initialValues(head, seed), ...untrainedClassifiers(head.filter(isOfClassifier), seed)]
  return { ...model, config, parameters: new Map([...model.parameters, ...untrained]) }
}

function untrainedClassifiers(parameters: Parameter[], seed: number): Map<string, Float32Array> {
  const normal = normalSource(seed)
  return new Map(
    parameters.map(({ name, shape }) => {
      const values = new Float32Array(shape.reduce((a, b) => a * b))
      return [name, name.endsWith('.weight') ? values.map(() => normal() * DEVIATION) : values]
    }),
  )
}
