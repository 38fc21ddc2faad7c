// The start of training: a backbone that was trained on ImageNet, from a checkpoint of a classification network.

import { UserError } from '../errors.ts'
import { type BackboneName, backboneNames, backboneOf } from '../model/backbones/index.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { networkParameters } from '../model/initial_weights.ts'
import { nameInCheckpoint } from '../model/layouts/renaming.ts'
import { checkValues, type ExpectedParameter, matchParameters } from './match_parameters.ts'
import type { StateDict } from './tensor.ts'

/**
 * The parameters of a config's backbone from a checkpoint of the classification network, as torchvision or timm names it. The rest of
 * the checkpoint is ignored. Throws a UserError, which begins with `source`, if the checkpoint does not fit, and for a backbone that
 * these libraries build otherwise.
 */
export function backboneWeights(
  config: DeepLabConfig,
  stateDict: StateDict,
  source: string,
): Map<string, Float32Array> {
  const renaming = classificationNames(config.backbone)
  if (!renaming) {
    const able = backboneNames.filter(classificationNames).join(', ')
    throw new UserError(`${source}: backbone weights are read for ${able}, not for ${config.backbone}`)
  }
  const unique = new Map<string, ExpectedParameter>()
  const parameters = networkParameters(config).flatMap(({ name: ours, shape }) => {
    const name = nameInCheckpoint(ours, renaming)
    const first = unique.get(name) ?? { name, shape }
    if (name === ours || `${first.shape}` !== `${shape}`) return []
    unique.set(name, first)
    return [{ ours, name }]
  })
  const found = matchParameters(stateDict, [...unique.values()], {
    source,
    model: `the backbone ${config.backbone}`,
    ignore: name => !unique.has(name),
  })
  checkValues(found, source)
  return new Map(parameters.map(({ ours, name }) => [ours, found.get(name)!]))
}

const classificationNames = (backbone: BackboneName) => backboneOf({ backbone }).checkpoint.classification
