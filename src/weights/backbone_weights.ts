// The start of training: a backbone that was trained on ImageNet, from a checkpoint of a classification network.

import { UserError } from '../errors.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { networkParameters } from '../model/initial_weights.ts'
import { isNamed, nameInCheckpoint } from '../model/layouts/renaming.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { type BackboneLayout, layoutOf, readBackbones } from './backbone_layouts.ts'
import { checkValues, type ExpectedParameter, matchParameters } from './match_parameters.ts'
import type { StateDict } from './tensor.ts'

/** A network and its weights by name. */
interface Weighted {
  config: DeepLabConfig
  preprocessing: Preprocessing
  parameters: Map<string, Float32Array>
}

/**
 * The network with the weights of its backbone from a checkpoint of the classification network, as torchvision or timm names it, and for
 * MobileNetV2 as Hugging Face does; and with the padding, the ε of batch norm and the means that they were trained by. The rest of the
 * checkpoint is ignored. Throws a UserError, which begins with `source`, if the checkpoint does not fit, and for a backbone that these
 * libraries build otherwise.
 */
export function withBackbone<T extends Weighted>(model: T, stateDict: StateDict, source: string): T {
  const layout = layoutFor(model.config, stateDict, source)
  const found = backboneWeights(model.config, layout, { stateDict, source })
  const { conventions } = layout
  const { edge, size } = model.preprocessing
  return {
    ...model,
    config: { ...model.config, ...conventions?.config },
    preprocessing: conventions ? { ...conventions.preprocessing, edge, size } : model.preprocessing,
    parameters: new Map([...model.parameters, ...found]),
  }
}

/** The parameters of the network that the checkpoint has. */
function backboneWeights(
  config: DeepLabConfig,
  layout: BackboneLayout,
  { stateDict, source }: { stateDict: StateDict; source: string },
): Map<string, Float32Array> {
  const renaming = layout.renaming(stateDict)
  const shapes = new Map(networkParameters(config).map(({ name, shape }) => [name, shape]))
  const unique = new Map<string, ExpectedParameter>()
  const parameters = [...shapes].flatMap(([ours, shape]) => {
    const name = nameInCheckpoint(ours, renaming)
    const first = unique.get(name) ?? { name, shape }
    if (!isNamed(ours, renaming) || `${first.shape}` !== `${shape}`) return []
    unique.set(name, first)
    return [{ ours, name }]
  })
  const prepared = layout.prepared?.(stateDict, name => shapes.get(name)) ?? stateDict
  const found = matchParameters(prepared, [...unique.values()], {
    source,
    model: `the backbone ${config.backbone}`,
    ignore: name => !unique.has(name),
  })
  checkValues(found, source)
  return new Map(parameters.map(({ ours, name }) => [ours, found.get(name)!]))
}

function layoutFor({ backbone }: DeepLabConfig, stateDict: StateDict, source: string): BackboneLayout {
  const layout = layoutOf(backbone, stateDict)
  if (layout) return layout
  throw new UserError(
    `${source}: backbone weights are read for ${readBackbones.join(', ')}, not for ${backbone}`,
  )
}
