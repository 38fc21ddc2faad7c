// What a model's files keep of the checkpoint that it was read from.

import { expect } from 'chai'
import {
  defaultNames,
  MODEL_FILES,
  type Model,
  modelFiles,
  readModel,
  untrainedModel,
} from '../../src/library/model_files.ts'
import { withNewClassifier } from '../../src/model/classifier.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import type { HostTensor, StateDict } from '../../src/weights/tensor.ts'
import '../support/all_networks.ts'
import { expectSameBits } from '../support/same_bits.ts'

const mobileNet = (classes: number) =>
  untrainedModel(deepLabConfig({ backbone: 'mobilenet_v2', depthMultiplier: 0.1, classes }))

const withThreeClasses = (model: Model): Model => ({
  ...withNewClassifier(model, { classes: 3, seed: 1 }),
  classNames: defaultNames(3),
})

const weightsIn = (files: Map<string, string | Uint8Array>): StateDict =>
  readSafetensors(files.get(MODEL_FILES.weights) as Uint8Array)

const configIn = (files: Map<string, string | Uint8Array>) =>
  JSON.parse(files.get(MODEL_FILES.config) as string)

const values = (...data: number[]): HostTensor => ({
  ...{ dtype: 'f32', shape: [data.length], data: Float32Array.from(data) },
})

describe('the files of a model', () => {
  it("keep the tensors of Hugging Face's checkpoint that segmentation does not use", async () => {
    const files = modelFiles(mobileNet(5))
    const unused = 'mobilenet_v2.conv_1x1.normalization.running_mean'
    const stateDict = weightsIn(files).set(unused, values(1, 2, 3))
    const model = await readModel({ stateDict, config: configIn(files), source: 'model.safetensors' })
    const trained = withThreeClasses(model)
    const written = weightsIn(modelFiles(trained))
    expect(written.get(unused)).to.deep.equal(values(1, 2, 3))
    expect([...written.keys()]).to.have.members([...stateDict.keys()])
  })

  describe('of a checkpoint with one logit', () => {
    const CLASSIFIER = 'segmentation_head.classifier.convolution'
    const read = async () => {
      const files = modelFiles(mobileNet(2))
      const stateDict = weightsIn(files)
      const weight = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i))
      stateDict.set(`${CLASSIFIER}.weight`, { dtype: 'f32', shape: [1, 256, 1, 1], data: weight })
      stateDict.set(`${CLASSIFIER}.bias`, values(0.25))
      return readModel({ stateDict, config: configIn(files), source: 'model.safetensors' })
    }

    it('have the difference of the two logits that the network has here', async () => {
      const model = await read()
      const bias = model.parameters.get(`${CLASSIFIER}.bias`)!
      expect([...bias]).to.deep.equal([0, 0.25])
      const trained = { ...model, parameters: new Map(model.parameters) }
      trained.parameters.set(`${CLASSIFIER}.bias`, Float32Array.of(-0.5, 1))
      const written = weightsIn(modelFiles(trained))
      expect(written.get(`${CLASSIFIER}.bias`)).to.deep.equal(values(1.5))
      expect(written.get(`${CLASSIFIER}.weight`)!.shape).to.deep.equal([1, 256, 1, 1])
    })

    it('have both logits in a training checkpoint, and one again after it', async () => {
      const model = await read()
      model.parameters.get(`${CLASSIFIER}.bias`)!.set([-0.1, 0.7])
      const files = modelFiles(model, { resumable: true })
      const found = { stateDict: weightsIn(files), config: configIn(files), source: 'model.safetensors' }
      const resumed = await readModel(found)
      expectSameBits(resumed.parameters, model.parameters)
      const written = [resumed, model].map(each => weightsIn(modelFiles(each)))
      expect(written[0].get(`${CLASSIFIER}.bias`)!.shape).to.deep.equal([1])
      expect(written[0]).to.deep.equal(written[1])
    })

    it('have a row for each class once there are others', async () => {
      const written = weightsIn(modelFiles(withThreeClasses(await read())))
      expect(written.get(`${CLASSIFIER}.weight`)!.shape).to.deep.equal([3, 256, 1, 1])
    })
  })
})
