// Tests that a training run in TypeScript starts with the same values as in PyTorch.

import { expect } from 'chai'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import {
  goldenNetworks,
  goldenTraining,
  networkGraph,
  sampled,
  startingValue,
  trainingImages,
  trainingLabels,
  trajectories,
} from './golden.ts'

const sum = (values: Iterable<number>) =>
  Array.from(values).reduce((total, value) => (total + value) >>> 0, 0)
const norm = (values: Float32Array) => Math.sqrt(values.reduce((total, value) => total + value * value, 0))

describe('golden training runs', () => {
  for (const [name, network] of Object.entries(goldenNetworks))
    it(`${name} has the same images and labels as in PyTorch`, () => {
      expect(sum(new Uint32Array(trainingImages(network).buffer))).to.equal(network.imageSum)
      const labels = trainingLabels(network)
      expect(sum(labels)).to.equal(network.labelSum)
      expect(new Set(labels))
        .to.have.lengthOf(network.classes + 1)
        .and.to.include(255)
    })

  for (const { network, batchNorm, losses, losses32, values } of trajectories)
    describe(`${network}, batch norm ${batchNorm === 'training' ? 'in training' : 'frozen'}`, () => {
      const parameters = new Map(graphParameters(networkGraph(network)).map(p => [p.name, p]))

      it('trains the parameters of the graph', () => {
        for (const { name, shape, sample } of values) {
          const parameter = parameters.get(name)
          expect(parameter?.shape, name).to.deep.equal(shape)
          expect(sampled(startingValue(goldenNetworks[network], parameter!)).length, name).to.equal(
            sample.length,
          )
        }
        if (network === 'tiny') expect(values.length).to.equal(parameters.size)
      })

      it('moves every one of them, except the running statistics of frozen batch norm', () => {
        for (const { name, shape, norm: size, change, sample } of values) {
          const start = startingValue(goldenNetworks[network], { name, shape })
          const stays = batchNorm === 'frozen' && name.includes('.running_')
          expect(change > 0, name).to.equal(!stays)
          expect(size, name).to.be.closeTo(norm(start), change * (1 + 1e-6) + 1e-6 * size)
          const moved = sampled(start).map((value, i) => sample[i] - value)
          expect(norm(moved), name).to.be.at.most(change * (1 + 1e-6) + 1e-6 * size)
        }
      })

      it('has a decreasing loss, in float32 as in float64', () => {
        expect(losses).to.have.lengthOf(goldenTraining.steps)
        expect(losses.at(-1)).to.be.below(losses[0])
        losses.forEach((loss, i) => {
          expect(losses32[i] / loss).to.be.closeTo(1, 3e-5)
        })
      })
    })
})
