// Checkpoints of other libraries, by the names that their modules have in PyTorch: they are read here, give PyTorch's logits, and are
// written under the same names again.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { JsonObject } from '../../src/json_object.ts'
import { MODEL_FILES, modelFiles, readModel } from '../../src/library/model_files.ts'
import type { ResNetConfig } from '../../src/model/config.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import type { StateDict } from '../../src/weights/tensor.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { relativeError, runGraph } from '../support/run_graph.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { goldenGraph } from './golden.ts'
import { seededImage, seededParameter } from './seeded_weights.ts'

/** A network of other_libraries.py. */
interface Case {
  name: string
  height: number
  width: number
  shape: number[]
  parameters: Record<string, number[]>
}

const read = (file: string) => readFileSync(new URL(`golden/${file}`, import.meta.url))
const cases: Case[] = JSON.parse(read('layouts.json').toString())
const values = new Float32Array(new Uint8Array(read('layouts.values')).buffer)

const logitsOf = (wanted: Case): Float32Array => {
  let offset = 0
  for (const { shape } of cases.slice(0, cases.indexOf(wanted))) offset += shape.reduce((a, b) => a * b)
  return values.subarray(offset, offset + wanted.shape.reduce((a, b) => a * b))
}

/** A network with one logit has a zero before it. */
const twoLogits = (golden: Case): Float32Array =>
  golden.shape[3] === 1
    ? Float32Array.from([...logitsOf(golden)].flatMap(logit => [0, logit]))
    : logitsOf(golden)

/** The checkpoint as PyTorch saves it. */
function checkpointOf({ parameters }: Case): StateDict {
  const entries = Object.entries(parameters).map(([name, shape]) => {
    const data = seededParameter({ name, shape })
    return [name, { dtype: 'f32', shape, data }] as const
  })
  return new Map(entries)
}

const modelOf = (golden: Case, config?: JsonObject) =>
  readModel(
    { stateDict: checkpointOf(golden), source: 'folder/model.safetensors', config },
    { onWarning: () => {} },
  )

describe('checkpoints of other libraries', () => {
  for (const golden of cases) {
    const { name, height, width } = golden
    describe(name, () => {
      it("gives PyTorch's logits", async () => {
        const { config, parameters } = await modelOf(golden)
        const { outputStride } = config
        const graph = goldenGraph({ ...golden, options: config, outputStride })
        const inputs = { image: seededImage(height, width) }
        const outputs = await runGraph(await testGpu(), graph, { inputs, parameters })
        const logits = outputs[graph.outputs[0].name] as Float32Array
        expect(relativeError(logits, twoLogits(golden))).to.be.below(3e-5)
      })

      it('is written under the same names with the same values, and read again', async () => {
        const model = await modelOf(golden)
        const files = modelFiles(model)
        const stateDict = readSafetensors(files.get(MODEL_FILES.weights) as Uint8Array)
        const before = checkpointOf(golden)
        const valuesOf = (tensors: StateDict) =>
          new Map([...tensors].map(([key, { data }]) => [key, data as Float32Array]))
        expectSameBits(valuesOf(stateDict), valuesOf(before))
        for (const [key, { shape }] of before) expect(stateDict.get(key)!.shape, key).to.deep.equal(shape)
        const config = JSON.parse(files.get(MODEL_FILES.config) as string)
        const again = await readModel({ stateDict, config, source: 'model.safetensors' })
        expect(again.config).to.deep.equal(model.config)
        expectSameBits(again.parameters, model.parameters)
        expect(again.preprocessing).to.deep.equal(model.preprocessing)
      })
    })
  }

  const plus = cases.find(({ name }) => name === 'smp DeepLabV3Plus resnet50')!

  it("takes rates and output stride from segmentation_models.pytorch's config.json", async () => {
    const json = {
      ...{ _model_class: 'DeepLabV3Plus', encoder_name: 'resnet50', encoder_output_stride: 8 },
      ...{ decoder_atrous_rates: [6, 12, 18], classes: 5 },
    }
    const { config } = await modelOf(plus, json)
    expect(config.outputStride).to.equal(8)
    expect((config as ResNetConfig).aspp?.rates).to.deep.equal([3, 6, 9])
    const without = await modelOf(plus, { encoder_name: 'resnet50' })
    expect((without.config as ResNetConfig).aspp?.rates).to.deep.equal([12, 24, 36])
  })

  const unread: [tensor: string, network: string][] = [
    ['backbone.0.0.weight', "torchvision's networks on MobileNetV3"],
    ['backbone.features.0.0.weight', "jfzhang95's pytorch-deeplab-xception on MobileNetV2"],
    ['backbone.layer8.0.weight', "jfzhang95's pytorch-deeplab-xception on DRN"],
    ['backbone.block12.skip.weight', "Xception in jfzhang95's or VainF's code"],
    ['backbone.transition1.0.0.weight', "VainF's DeepLabV3Plus-Pytorch on HRNetV2"],
    ['reduce.conv.weight', "K. Nakashima's deeplab-pytorch, v3+"],
    ['base.aspp.stages.imagepool.conv.conv.weight', "K. Nakashima's deeplab-pytorch, v3"],
    ['segmentation_head.0.weight', 'segmentation_models.pytorch with another encoder or decoder'],
    ['encoder.layer1.0.conv2.weight', 'a network on ResNeXt'],
  ]
  for (const [tensor, network] of unread)
    it(`refuses ${network} by its name`, async () => {
      const stateDict: StateDict = new Map([
        [tensor, { dtype: 'f32', shape: [8, 4, 3, 3], data: new Float32Array(288) }],
      ])
      const { message } = await rejects(UserError, () => readModel({ stateDict, source: 'x.pth' }))
      expect(message).to.equal(`x.pth is a checkpoint of ${network}, which is not read`)
    })

  it("tells what it assumes of segmentation_models.pytorch's checkpoint without config.json, and how to set it", async () => {
    const warningsOf = async (golden: Case, config?: JsonObject) => {
      const warnings: string[] = []
      const found = { stateDict: checkpointOf(golden), source: 'folder/model.pth', config }
      await readModel(found, { onWarning: message => warnings.push(message) })
      return warnings
    }
    expect(await warningsOf(plus)).to.deep.equal([
      'folder/model.pth: output stride 16 and rates 12, 24, 36 are assumed, which no tensor tells; to set them, load a folder ' +
        'that has this file and a config.json with encoder_name, encoder_output_stride, decoder_atrous_rates',
    ])
    const v3 = cases.find(({ name }) => name === 'smp DeepLabV3 resnet50')!
    expect((await warningsOf(v3))[0]).to.match(/output stride 8 and rates 12, 24, 36 are assumed/)
    expect(await warningsOf(v3, { encoder_name: 'resnet50' })).to.deep.equal([])
    for (const golden of cases)
      if (!golden.name.startsWith('smp ')) expect(await warningsOf(golden), golden.name).to.deep.equal([])
  })

  it("does not apply segmentation_models.pytorch's config.json to another library's network", async () => {
    const vainf = cases.find(({ name }) => name === 'VainF deeplabv3plus_resnet50')!
    const { config } = await modelOf(vainf, { encoder_name: 'resnet50', encoder_output_stride: 8 })
    expect(config).to.deep.equal((await modelOf(vainf)).config)
  })

  it('refuses an encoder that it does not know, and names it', async () => {
    const { message } = await rejects(UserError, () => modelOf(plus, { encoder_name: 'efficientnet-b0' }))
    expect(message).to.equal(
      'folder/config.json: encoder_name: expected resnet18, 34, 50, 101 or 152, mobilenet_v2, ' +
        `or timm's (tu-resnet50, tu-mobilenetv2_100); got "efficientnet-b0"`,
    )
  })

  it('refuses an encoder by its name where its tensors have unknown names, too', async () => {
    const stateDict: StateDict = new Map(
      [...checkpointOf(plus)].map(([name, tensor]) => [
        name.replace('encoder.layer', 'encoder.blocks.'),
        tensor,
      ]),
    )
    const refusal = (encoder_name: string) =>
      rejects(UserError, () => readModel({ stateDict, source: 'm.safetensors', config: { encoder_name } }))
    for (const name of ['resnext50_32x4d', 'tu-resnet50d', 'timm-efficientnet-b3', 'resnet50_x'])
      expect((await refusal(name)).message).to.match(/^config\.json: encoder_name: expected resnet18, 34/)
  })

  it('refuses an ASPP of the other kind, and photos of other than three channels', async () => {
    const named = { _model_class: 'DeepLabV3Plus', encoder_name: 'resnet50' }
    const refusal = async (fields: JsonObject) =>
      (await rejects(UserError, () => modelOf(plus, { ...named, ...fields }))).message
    expect(await refusal({ decoder_aspp_separable: false })).to.equal(
      'folder/config.json: decoder_aspp_separable: expected true in DeepLabV3Plus; got false',
    )
    expect(await refusal({ in_channels: 1 })).to.equal('folder/config.json: in_channels: expected 3; got 1')
  })

  it('takes names of timm with a tag', async () => {
    const { config } = await modelOf(plus, { encoder_name: 'tu-resnet50.a1_in1k', encoder_output_stride: 8 })
    expect(config.outputStride).to.equal(8)
  })

  it('names the tensors that a checkpoint lacks, and those that it has too many of', async () => {
    const stateDict = checkpointOf(plus)
    stateDict.delete('decoder.block1.1.weight')
    stateDict.set('decoder.block9.weight', { dtype: 'f32', shape: [1], data: new Float32Array(1) })
    const { message } = await rejects(UserError, () =>
      readModel({ stateDict, source: 'model.pth' }, { onWarning: () => {} }),
    )
    expect(message).to.match(/1 missing, 1 unexpected\n {2}missing: decoder\.block1\.1\.weight\n/)
    expect(message).to.match(/ {2}unexpected: decoder\.block9\.weight$/)
  })
})
