import '../../support/all_networks.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readModel, untrainedModel } from '../../../src/library/model_files.ts'
import { type DeepLabOptions, deepLabConfig } from '../../../src/model/config.ts'
import { networkParameters } from '../../../src/model/initial_weights.ts'
import { jfzhang95Layout } from '../../../src/model/layouts/jfzhang95.ts'
import type { NameLayout } from '../../../src/model/layouts/name_layout.ts'
import { nameInCheckpoint } from '../../../src/model/layouts/renaming.ts'
import { smpLayout } from '../../../src/model/layouts/smp.ts'
import { vainfLayout } from '../../../src/model/layouts/vainf.ts'
import { findWeights } from '../../../src/node/weights.ts'
import { writeSafetensors } from '../../../src/weights/safetensors.ts'
import { damageBytes, damageJson, damageJsonFile, pick } from '../../support/mutants.ts'
import type { FuzzTarget } from '../target.ts'
import { headerLength, withHeader } from './weights.ts'

const RESNET = { backbone: 'resnet50' as const, classes: 3, units: [1, 1, 1, 3], width: 0.02 }
const DECODER = { ...RESNET, aspp: { rates: [6, 12, 18] }, decoder: {} } satisfies DeepLabOptions

/** A library, one tensor of its checkpoints by which it is known, and a network that it has. */
const libraries: [NameLayout | undefined, string[], DeepLabOptions][] = [
  [
    smpLayout,
    ['segmentation_head.0.weight', 'decoder.block1.0.weight'],
    {
      ...{ ...DECODER, headConvolution: true, aspp: { rates: [6, 12, 18], separable: 'pointwise' } },
      decoder: { convolutions: 1, separable: 'pointwise' },
    },
  ],
  [vainfLayout, ['classifier.aspp.convs.0.0.weight'], { ...DECODER, decoder: { convolutions: 1 } }],
  [jfzhang95Layout, ['aspp.aspp1.atrous_conv.weight'], DECODER],
  [undefined, [], { backbone: 'xception65', classes: 3, width: 0.01 }],
  [undefined, [], { backbone: 'vgg16', head: 'fcn8s', outputStride: 32, classes: 3, width: 0.01 }],
  [undefined, [], { backbone: 'vgg16', rates: [6, 12], multiScale: true, classes: 3, width: 0.01 }],
  [undefined, [], { backbone: 'deeplabv2_resnet101', units: [1, 1, 1, 1], classes: 3, width: 0.02 }],
]

/** A checkpoint of a library: the bytes of a safetensors file, and its header. */
function checkpointOf([layout, marks, options]: (typeof libraries)[number]) {
  const { config, parameters } = untrainedModel(deepLabConfig(options))
  const renaming = layout?.renamingOf(new Map(marks.map(name => [name, { shape: [] }])))
  const tensors = networkParameters(config).map(
    ({ name, shape }) =>
      [nameInCheckpoint(name, renaming), { dtype: 'f32', shape, data: parameters.get(name)! }] as const,
  )
  const bytes = writeSafetensors(new Map(tensors))
  const data = 8 + headerLength(bytes)
  return { bytes, data, header: JSON.parse(Buffer.from(bytes.subarray(8, data)).toString()) }
}

const SMP_CONFIG = {
  ...{ _model_class: 'DeepLabV3Plus', encoder_name: 'resnet50', encoder_depth: 5, encoder_output_stride: 16 },
  ...{ decoder_channels: 256, decoder_atrous_rates: [12, 24, 36], in_channels: 3, classes: 3 },
}

/** Checkpoints that only their tensors describe, or another library's config.json. */
export const families: FuzzTarget = {
  name: 'other-libraries',
  async prepare(folder) {
    const checkpoints = libraries.map(checkpointOf)
    const path = join(folder, 'model.safetensors')
    return async random => {
      const { bytes, data, header } = pick(checkpoints, random)
      const isSmp = header === checkpoints[0].header
      await writeFile(
        join(folder, 'config.json'),
        isSmp ? damageJsonFile(SMP_CONFIG, random) : '{"encoder_name":"resnet50"}',
      )
      const damaged =
        random() < 0.3
          ? damageBytes(bytes, random)
          : withHeader(damageJson(header, random), bytes.subarray(data))
      await writeFile(path, damaged)
      return await readModel(await findWeights(folder), { onWarning: () => {} })
    }
  },
}
