// The layers that depend on the classes: the last convolution of each head. A network for other classes needs new ones.

import { UserError } from '../errors.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import { backboneNames, backboneOf } from './backbones/index.ts'
import { type DeepLabConfig, hasAuxiliaryHead } from './config.ts'
import { initialValues, networkParameters, normalSource } from './initial_weights.ts'

/** As in TensorFlow's DeepLab. It is so small that an untrained classifier prefers no class: its loss is about ln(classes). */
const DEVIATION = 0.01

/** Weight [classes, c, 1, 1] and bias [classes] of each head's classifier. */
export const classifierParameters = (config: DeepLabConfig): Parameter[] =>
  networkParameters(config).filter(parameter => isOfClassifier(config, parameter))

/** The parameters with a learning rate of their own: the classifier, and all of an auxiliary head, as in torchvision's recipe. */
export const headParameters = (config: DeepLabConfig): Parameter[] =>
  networkParameters(config).filter(
    parameter => isOfClassifier(config, parameter) || isOfAuxiliaryHead(config, parameter),
  )

function isOfClassifier(config: DeepLabConfig, { name }: Parameter): boolean {
  const { classifier, auxiliary } = backboneOf(config).heads
  return [classifier, auxiliary?.classifier].some(
    layer => layer !== undefined && (name === `${layer}.weight` || name === `${layer}.bias`),
  )
}

function isOfAuxiliaryHead(config: DeepLabConfig, { name }: Parameter): boolean {
  const { auxiliary } = backboneOf(config).heads
  return auxiliary !== undefined && name.startsWith(auxiliary.prefix)
}

/** Throws a UserError, which begins with `subject` if given, for a network whose backbone has no auxiliary head. */
export function checkCanHaveAuxiliaryHead({ backbone }: DeepLabConfig, subject?: string): void {
  const able = backboneNames.filter(name => backboneOf({ backbone: name }).heads.auxiliary)
  if (able.includes(backbone)) return
  const problem = `only ${able.join(' and ')} have an auxiliary head, not ${backbone}`
  throw new UserError(subject === undefined ? problem : `${subject}: ${problem}`)
}

/** A network and its weights by name. */
interface Weighted {
  config: DeepLabConfig
  parameters: Map<string, Float32Array>
}

/**
 * The network with an untrained classifier for `classes` classes in each head: weights drawn from `seed`, bias zero. All other
 * weights stay and are shared with `model`.
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
 * The network with an untrained auxiliary head, drawn from `seed`. All other weights stay. A network that has the head already
 * stays as it is. Throws a UserError for a backbone that has no such head.
 */
export function withAuxiliaryHead<T extends Weighted>(model: T, { seed }: { seed: number }): T {
  if (hasAuxiliaryHead(model.config)) return model
  checkCanHaveAuxiliaryHead(model.config)
  const config = { ...model.config, auxiliaryHead: true }
  const head = networkParameters(config).filter(parameter => isOfAuxiliaryHead(config, parameter))
  const classifier = head.filter(parameter => isOfClassifier(config, parameter))
  const untrained = [...initialValues(head, seed), ...untrainedClassifiers(classifier, seed)]
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
