// The layers that depend on the classes: the last convolution of each head. A network for other classes needs new ones.

import { UserError } from '../errors.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import { checkJson } from '../json.ts'
import { backboneNames, backboneOf, builderOf } from './backbones/index.ts'
import { CLASS_NAMES } from './class_names_schema.ts'
import { type DeepLabConfig, hasAuxiliaryHead } from './config.ts'
import { fixedWeights, initialValues, networkParameters, normalSource } from './initial_weights.ts'

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
  return [...(builderOf(config).classifiers?.(config) ?? [classifier]), auxiliary?.classifier].some(
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
  const parameters = new Map([...model.parameters, ...untrained, ...fixedWeights(config)])
  return { ...model, config, parameters }
}

/** The network and the names of its classes. */
interface Named extends Weighted {
  classNames: string[]
}

/**
 * The network with one more class, which gets the last id. The row that each classifier has for it, weights and bias, is the mean of
 * the others. So its logit is the mean of the others' logits, which is the largest at no pixel, and no pixel changes its class. All
 * other weights stay. Throws a UserError for a name that a class cannot have, or that another class has.
 */
export function withAddedClass<T extends Named>(model: T, name: string): T {
  return withRows(model, {
    classNames: [...model.classNames, name],
    edit: rows => [...rows, meanOf(rows)],
  })
}

/**
 * The network without a class. The ids above it become smaller by one. The other classes' weights stay. Throws a UserError if the
 * network has no such class, or only two classes.
 */
export function withoutClass<T extends Named>(model: T, id: number): T {
  checkClass(model, id)
  const others = <Item>(items: readonly Item[]) => items.filter((_, i) => i !== id)
  return withRows(model, { classNames: others(model.classNames), edit: others })
}

/** The network with another name for a class. Throws a UserError as `withAddedClass` does, and if the network has no such class. */
export function withRenamedClass<T extends Named>(model: T, id: number, name: string): T {
  checkClass(model, id)
  const classNames = model.classNames.map((old, i) => (i === id ? name : old))
  checkJson(CLASS_NAMES, classNames, 'classes')
  return { ...model, classNames }
}

function checkClass({ classNames }: Named, id: number): void {
  if (!Number.isInteger(id) || id < 0 || id >= classNames.length)
    throw new UserError(`class: expected a whole number from 0 to ${classNames.length - 1}, got ${id}`)
}

/** The network with other rows in each classifier: the weights of a class, or its bias. */
function withRows<T extends Named>(
  model: T,
  { classNames, edit }: { classNames: string[]; edit: (rows: Float32Array[]) => Float32Array[] },
): T {
  checkJson(CLASS_NAMES, classNames, 'classes')
  const parameters = new Map(model.parameters)
  for (const { name, shape } of classifierParameters(model.config)) {
    const values = parameters.get(name)!
    const length = values.length / shape[0]
    const rows = Array.from({ length: shape[0] }, (_, i) => values.subarray(i * length, (i + 1) * length))
    parameters.set(name, Float32Array.from(edit(rows).flatMap(row => [...row])))
  }
  const config = { ...model.config, classes: classNames.length }
  for (const [name, values] of fixedWeights(config)) parameters.set(name, values)
  return { ...model, classNames, config, parameters }
}

const meanOf = (rows: Float32Array[]): Float32Array =>
  rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length)

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
