// segmentation_models.pytorch: DeepLabV3 and DeepLabV3Plus on its ResNet and MobileNetV2 encoders, and on timm's ("tu-"). It upsamples by
// aligned corners. A stage that loses its stride has its rate from the first unit on, in timm from the second.

import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import { checkJson, expecting, oneOf } from '../../json.ts'
import type { JsonObject } from '../../json_object.ts'
import { counts, flag, MAX_RATE } from '../backbones/fields.ts'
import { IMAGENET } from '../preprocessing.ts'
import type { TensorShapes } from '../recognition/recognised.ts'
import { mobileNetNames, timmMobileNetNames } from './mobilenet_names.ts'
import { classifierOf, type DescribedNetwork, type NameLayout } from './name_layout.ts'
import type { Renaming } from './renaming.ts'

export const smpLayout: NameLayout = {
  name: 'segmentation_models.pytorch',
  renamingOf: tensors =>
    tensors.has('encoder.features.0.0.weight')
      ? namesOf(tensors, { isMobileNet: true, encoder: mobileNetNames(index => `encoder.features.${index}`) })
      : namesOf(tensors, { isMobileNet: false, encoder: [['encoder.*', 'backbone.*']] }),
  complete: options => ({
    ...options,
    // Both decoders are built with rates 12, 24 and 36: DeepLabV3 for output stride 8, DeepLabV3Plus for 16.
    ...('aspp' in options && options.aspp && { aspp: { ...options.aspp, rates: ratesOf(options) } }),
    outputStride: isPlus(options) ? 16 : 8,
    firstUnitRate: 'block',
    alignCorners: true,
    ...(options.backbone === 'mobilenet_v2' && MOBILENET),
  }),
  preprocessing: IMAGENET,
  fieldsOfRates: ['encoder_name', 'encoder_output_stride', 'decoder_atrous_rates'],
}

/** Encoders that are timm's. */
export const smpTimmLayout: NameLayout = {
  ...smpLayout,
  renamingOf(tensors) {
    const isMobileNet = tensors.has('encoder.model.conv_stem.weight')
    if (!isMobileNet && !tensors.has('encoder.model.conv1.weight')) return undefined
    const encoder: Renaming = isMobileNet
      ? timmMobileNetNames('encoder.model.')
      : [['encoder.model.*', 'backbone.*']]
    return namesOf(tensors, { isMobileNet, encoder })
  },
  complete: options => ({
    ...smpLayout.complete(options),
    firstUnitRate: 'previousBlock',
    ...(options.backbone === 'mobilenet_v2' && { lastConvolution: false }),
  }),
}

/**
 * The network's fields in its config.json; undefined for another library's file. Throws a UserError, which begins with `source`, for
 * another network.
 */
export function smpNetwork(json: JsonObject, source: string): DescribedNetwork | undefined {
  if (!('encoder_name' in json)) return undefined
  const { _model_class: network, decoder_atrous_rates: rates, ...found } = checkJson(CONFIG, json, source)
  const isV3 = network === 'DeepLabV3'
  if (network && found.decoder_aspp_separable === isV3)
    throw new UserError(`${source}: decoder_aspp_separable: expected ${!isV3} in ${network}; got ${isV3}`)
  const outputStride = found.encoder_output_stride ?? (isV3 ? 8 : 16)
  return { outputStride, rates: rates.map(rate => (rate * outputStride) / 16) }
}

/** The encoders that are read. A tag such as `.a1_in1k` behind timm's names tells only where weights began. */
const ENCODER =
  /^(resnet(18|34|50|101|152)|mobilenet_v2|tu-(resnet(18|26|34|50|101|152)|mobilenetv2_(050|100|140))(\.\w+)?)$/

/** The fields of its config.json that decide the network. Others are ignored. */
const CONFIG = v.object({
  _model_class: v.nullish(oneOf('DeepLabV3', 'DeepLabV3Plus')),
  encoder_name: expecting(
    "resnet18, 34, 50, 101 or 152, mobilenet_v2, or timm's (tu-resnet50, tu-mobilenetv2_100)",
    v.pipe(v.string(), v.regex(ENCODER)),
  ),
  encoder_depth: v.nullish(expecting('5', v.literal(5))),
  encoder_output_stride: v.nullish(oneOf(8, 16)),
  in_channels: v.nullish(expecting('3', v.literal(3))),
  decoder_aspp_separable: v.nullish(flag),
  decoder_channels: v.nullish(expecting('256', v.literal(256))),
  decoder_atrous_rates: v.nullish(
    expecting(`three whole numbers from 1 to ${MAX_RATE}`, v.pipe(counts(MAX_RATE, 3), v.minLength(3))),
    [12, 24, 36],
  ),
})

const MOBILENET = { tfPadding: false, batchNormEpsilon: 1e-5, lastConvolution: true } as const

const isPlus = (options: object) => 'decoder' in options && Boolean(options.decoder)
const ratesOf = (options: object) => (isPlus(options) ? [12, 24, 36] : [6, 12, 18])

function namesOf(
  tensors: TensorShapes,
  { isMobileNet, encoder }: { isMobileNet: boolean; encoder: Renaming },
): Renaming | undefined {
  const decoder = tensors.has('segmentation_head.0.weight') ? decoderNames(tensors) : undefined
  return decoder && [...encoder, ...decoder, ['segmentation_head.0.*', `${classifierOf(isMobileNet)}.*`]]
}

function decoderNames(tensors: TensorShapes): Renaming | undefined {
  if (tensors.has('decoder.block1.0.weight')) return PLUS
  if (tensors.has('decoder.aspp.convs.0.0.weight')) return V3
  return tensors.has('decoder.0.convs.0.0.weight') ? OLD_V3 : undefined
}

/** ASPP under a name. Its separable convolutions are .0 (depthwise) and .1 (pointwise), or one convolution in DeepLabV3. */
const asppNames = (name: string): Renaming => [
  [`${name}.convs.#.0.0.*`, 'classifier.0.convs.#.0.depthwise.*'],
  [`${name}.convs.#.0.1.*`, 'classifier.0.convs.#.0.pointwise.*'],
  [`${name}.*`, 'classifier.0.*'],
]

const PLUS: Renaming = [
  ...asppNames('decoder.aspp.0'),
  ['decoder.aspp.1.0.*', 'classifier.1.depthwise.*'],
  ['decoder.aspp.1.1.*', 'classifier.1.pointwise.*'],
  ['decoder.aspp.2.*', 'classifier.2.*'],
  ['decoder.block1.*', 'decoder.project.*'],
  ['decoder.block2.0.0.*', 'decoder.convs.0.0.depthwise.*'],
  ['decoder.block2.0.1.*', 'decoder.convs.0.0.pointwise.*'],
  ['decoder.block2.1.*', 'decoder.convs.0.1.*'],
]

const V3: Renaming = [
  ...asppNames('decoder.aspp'),
  ['decoder.conv.*', 'classifier.1.*'],
  ['decoder.bn.*', 'classifier.2.*'],
]

const OLD_V3: Renaming = [
  ...asppNames('decoder.0'),
  ['decoder.1.*', 'classifier.1.*'],
  ['decoder.2.*', 'classifier.2.*'],
]
