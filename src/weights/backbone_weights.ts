// The start of training: a backbone that was trained on ImageNet, from a checkpoint of a classification network.

import { UserError } from '../errors.ts'
import type { BackboneName } from '../model/backbones/index.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { networkParameters } from '../model/initial_weights.ts'
import { nameInCheckpoint, type Renaming } from '../model/layouts/renaming.ts'
import { checkValues, type ExpectedParameter, matchParameters } from './match_parameters.ts'
import type { StateDict } from './tensor.ts'

/**
 * torchvision's names, which are timm's, too. Cascaded blocks begin as copies of block4 (section 3.2 of DeepLabv3), but for the two
 * convolutions that read more channels there.
 */
const RESNET: Renaming = [
  ['conv1.*', 'backbone.conv1.*'],
  ['bn1.*', 'backbone.bn1.*'],
  ...[1, 2, 3, 4].map(block => [`layer${block}.*`, `backbone.layer${block}.*`] as const),
  ...[5, 6, 7].map(block => ['layer4.*', `backbone.layer${block}.*`] as const),
]

/** timm's names. */
const XCEPTION: Renaming = [
  ['stem.*', 'backbone.stem.*'],
  ['blocks.*', 'backbone.blocks.*'],
]

const RENAMINGS: { [Name in BackboneName]?: Renaming } = {
  resnet18: RESNET,
  resnet34: RESNET,
  resnet50: RESNET,
  resnet101: RESNET,
  xception65: XCEPTION,
}

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
  const renaming = RENAMINGS[config.backbone]
  if (!renaming) {
    const able = Object.keys(RENAMINGS).join(', ')
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
