// Tests that an activation budget changes the memory of a training step, and nothing else.

import { expect } from 'chai'
import { trainingOps } from '../../src/graph/ops/training_ops.ts'
import { type PlanTarget, planOptimised } from '../../src/graph/plan/plan.ts'
import { recomputing, unitInteriors } from '../../src/graph/plan/recompute.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { networkInTraining } from '../../src/train/training_network.ts'
import type { TrainingOptions } from '../../src/train/training_options.ts'
import { testGpu } from '../support/gpu.ts'
import { noise, SHORT_RUN, smallMobileNet, smallResNet } from './short_networks.ts'
import { expectSameState, shortRun } from './short_run.ts'

const batches = [1, 2, 3].map(seed => noise(2, { seed }))

/** The bytes of a step's activations if all are kept, and if all are dropped that can be. */
function activationBytes(target: PlanTarget, network: DeepLabOptions, options: TrainingOptions) {
  const graph = networkInTraining({ config: deepLabConfig(network), preprocessing: IMAGENET }, options)
  const droppable = new Set([...unitInteriors(graph).values()].flat())
  const recomputed = recomputing(graph)
  const bytes = (dropped: typeof droppable) =>
    planOptimised(recomputed(dropped), target, { ops: trainingOps }).arenaBytes
  return { whole: bytes(new Set()), least: bytes(droppable) }
}

describe('an activation budget', () => {
  const networks: Record<string, { network: DeepLabOptions; recipe: Partial<TrainingOptions> }> = {
    ResNet: { network: smallResNet, recipe: {} },
    MobileNetV2: { network: smallMobileNet, recipe: { dropout: 0.5 } },
    'ResNet with both heads': {
      network: { ...smallResNet, auxiliaryHead: true },
      recipe: { dropout: 0.5, auxiliaryLoss: 0.5 },
    },
  }
  for (const [name, { network, recipe }] of Object.entries(networks))
    for (const freezeBatchNorm of [false, true])
      it(`does not change ${name}'s training by a bit, batch norm ${freezeBatchNorm ? 'frozen' : 'training'}${name === 'ResNet' ? ' (slow)' : ''}`, async () => {
        const options = { ...SHORT_RUN, ...recipe, freezeBatchNorm }
        const gpu = await testGpu()
        const { whole, least } = activationBytes({ device: gpu }, network, options)
        const expected = await shortRun(network, batches, options)
        expect(expected.activationBytes).to.equal(whole)
        // Frozen batch norm is folded into the convolutions and has no maps: there is less to keep, and less to drop.
        const unfolded = activationBytes({ device: gpu }, network, {
          ...options,
          freezeBatchNorm: false,
        }).whole
        expect(least).to.be.at.most(0.6 * unfolded)
        for (const bytes of [0.85 * whole, least]) {
          const actual = await shortRun(network, batches, { ...options, activationBudget: bytes / 2 ** 20 })
          expect(actual.activationBytes).to.be.at.most(bytes)
          expect(actual.losses).to.deep.equal(expected.losses)
          expectSameState(actual.state, expected.state)
        }
      })
})
