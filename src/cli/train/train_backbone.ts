// --backbone-weights: where training begins with a backbone that was trained on ImageNet.

import type { DeepLab } from '../../node/deeplab.ts'
import { findWeights } from '../../node/weights.ts'
import { backboneWeights } from '../../weights/backbone_weights.ts'
import type { RegistryEntry } from '../../weights/registry.ts'
import { withDownloads } from '../model.ts'

/** torchvision's first weights (IMAGENET1K_V1). Their names end in the first digits of the SHA-256. */
const imagenet = (name: string, digits: string, megabytes: number): RegistryEntry => ({
  name,
  description: `torchvision's ${name}, trained on ImageNet`,
  classes: 1000,
  megabytes,
  licence: 'BSD-3-Clause',
  source: 'https://pytorch.org/vision/stable/models.html',
  files: [
    {
      name: `${name}-${digits}.pth`,
      url: `https://download.pytorch.org/models/${name}-${digits}.pth`,
      bytes: null,
      sha256: digits,
    },
  ],
})

const IMAGENET: RegistryEntry[] = [
  imagenet('resnet18', 'f37072fd', 45),
  imagenet('resnet34', 'b627a593', 83),
  imagenet('resnet50', '0676ba61', 98),
  imagenet('resnet101', '63fe2227', 171),
]

export const BACKBONE_NAMES = IMAGENET.map(({ name }) => name)

/** Gives an untrained network the weights of a backbone by its name, its file, its URL or `hf:OWNER/NAME`. */
export async function setBackboneWeights(model: DeepLab, weights: string): Promise<void> {
  const load = (options: object) => findWeights(weights, { ...options, registry: IMAGENET })
  const { stateDict, source } = await withDownloads(weights, load)
  const backbone = backboneWeights(model.config, stateDict, source)
  await model.setParameters(new Map([...model.state.parameters, ...backbone]))
}
