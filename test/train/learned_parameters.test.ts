import { expect } from 'chai'
import { headParameters } from '../../src/model/classifier.ts'
import { hasAuxiliaryHead, withoutAuxiliaryHead } from '../../src/model/config.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { backboneParameters } from '../../src/model/parts.ts'
import { preset } from '../../src/model/presets.ts'
import { learnedParameters, learningRates } from '../../src/train/learned_parameters.ts'

/** One of each kind of backbone and head. */
const NETWORKS = [
  ...['deeplabv3_resnet50', 'fcn_resnet50', 'deeplabv3_mobilenet_v2', 'fcn8s_vgg16', 'deeplabv1_msc_vgg16'],
  ...['deeplabv2_vgg16', 'deeplabv2_resnet101', 'deeplabv3plus_xception65'],
]

const namesOf = (parameters: { name: string }[]) => parameters.map(({ name }) => name)

describe('learning rates', () => {
  for (const name of NETWORKS)
    it(`of ${name} tell backbone, classifier and what lies between apart`, () => {
      const { config } = preset(name)
      const all = networkParameters(config)
      const [backbone, head] = [namesOf(backboneParameters(config)), namesOf(headParameters(config))]
      expect(backbone).not.to.deep.equal([])
      expect(namesOf(all)).to.include.members(backbone)
      expect(head.filter(name => backbone.includes(name))).to.deep.equal([])
      const rateOf = learningRates(config, { headLearningRate: 10, backboneLearningRate: 0.1 })
      const rates = new Set(all.map(rateOf))
      expect([...rates]).to.include.members([10, 0.1])
      expect([0, 0.1, 1, 10]).to.include.members([...rates])
      const keptRateOf = learningRates(config, { headLearningRate: 1, backboneLearningRate: 0 })
      expect(
        namesOf(all.filter(parameter => keptRateOf(parameter) > 0 && backbone.includes(parameter.name))),
      ).to.deep.equal([])
      const learned = namesOf(learnedParameters(config, { auxiliaryLoss: 0, backboneLearningRate: 0 }))
      expect(learned.filter(name => backbone.includes(name))).to.deep.equal([])
      const own = hasAuxiliaryHead(config) ? withoutAuxiliaryHead(config) : config
      expect(learned).to.include.members(namesOf(headParameters(own)))
    })
})
